// A simple relay: clients sign in by name, and each message is sent to the user it names. Stores nothing. With the argument `forward`,
// messages are not acknowledged to their sender.
'use strict'

/// Without it a message is forwarded and nothing more, as in the tutorials.
const isAcknowledging = process.argv[2] !== 'forward'
const users = new Map()

/// What to do with a text that came in; `send` writes to its connection, which is known by `state`.
exports.receive = function receive(state, text, send) {
  let message
  try {
    message = JSON.parse(text)
  } catch {
    return send(JSON.stringify({ error: 'not JSON' }))
  }
  if (message.type === 'login') {
    state.name = message.name
    users.set(message.name, send)
    return send(JSON.stringify({ ack: message.id, success: true }))
  }
  const recipient = users.get(message.to)
  if (!recipient) return send(JSON.stringify({ error: 'no such user', id: message.id }))
  message.from = state.name
  recipient(JSON.stringify(message))
  if (isAcknowledging) send(JSON.stringify({ ack: message.id, success: true }))
}

exports.closed = function closed(state) {
  users.delete(state.name)
}

exports.listen = function listen(server) {
  server.listen(0, '127.0.0.1', 8192, () => {
    process.stderr.write(`listening on http://127.0.0.1:${server.address().port}\n`)
  })
}
