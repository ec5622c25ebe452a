// node mint_token.mjs USER [DEVICE]: prints a token that is valid for ten minutes, signed with the RINGBACK_JWT_SECRET of the server.
import { createHmac } from 'node:crypto'

const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = Math.floor(Date.now() / 1000)
const claims = { sub: process.argv[2], iss: 'chat', aud: 'ringback', iat: now, exp: now + 600, device_id: process.argv[3] }
const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
const signature = createHmac('sha256', process.env.RINGBACK_JWT_SECRET).update(text).digest('base64url')
console.log(`${text}.${signature}`)
