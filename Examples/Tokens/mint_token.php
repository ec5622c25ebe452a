<?php
// php mint_token.php USER [DEVICE]: prints a token that is valid for ten minutes, signed with the RINGBACK_JWT_SECRET of the server.
function encode(string $bytes): string { return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '='); }

$now = time();
$claims = ['sub' => $argv[1], 'iss' => 'chat', 'aud' => 'ringback', 'iat' => $now, 'exp' => $now + 600];
if (isset($argv[2])) $claims['device_id'] = $argv[2];
$text = encode(json_encode(['alg' => 'HS256', 'typ' => 'JWT'])) . '.' . encode(json_encode($claims));
echo $text, '.', encode(hash_hmac('sha256', $text, getenv('RINGBACK_JWT_SECRET'), true)), "\n";
