// The relay on the package `websocket`.
'use strict'

const http = require('http')
const { server: WebSocketServer } = require('websocket')
const { receive, closed, listen } = require('./relay')

const server = http.createServer((request, response) => {
  response.writeHead(404)
  response.end()
})
new WebSocketServer({ httpServer: server }).on('request', (request) => {
  const connection = request.accept(null, request.origin)
  const state = {}
  const send = (text) => connection.sendUTF(text)
  connection.on('message', (message) => receive(state, message.utf8Data, send))
  connection.on('close', () => closed(state))
})
listen(server)
