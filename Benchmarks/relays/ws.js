// The relay on the package `ws`.
'use strict'

const http = require('http')
const { WebSocketServer } = require('ws')
const { receive, closed, listen } = require('./relay')

const server = http.createServer()
new WebSocketServer({ server }).on('connection', (socket) => {
  const state = {}
  const send = (text) => socket.send(text)
  socket.on('message', (data) => receive(state, data.toString(), send))
  socket.on('close', () => closed(state))
})
listen(server)
