<?php
// php mint_token.php petya — prints a token for a user, good for ten minutes. RINGBACK_JWT_SECRET is the server's too.
function encode(string $bytes): string { return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '='); }

$now = time();
$claims = ['sub' => $argv[1], 'iss' => 'chat', 'aud' => 'ringback', 'iat' => $now, 'exp' => $now + 600];
if (isset($argv[2])) $claims['device_id'] = $argv[2];
$text = encode(json_encode(['alg' => 'HS256', 'typ' => 'JWT'])) . '.' . encode(json_encode($claims));
echo $text, '.', encode(hash_hmac('sha256', $text, getenv('RINGBACK_JWT_SECRET'), true)), "\n";
