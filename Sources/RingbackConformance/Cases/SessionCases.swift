import NIOHTTP1
import RingbackModel

/// Devices, their tokens, and tickets.
enum SessionCases {
    static let all = [
        ConformanceCase(
            "A session is listed with its device and can be revoked by another", .resources, scope: .eachTransport,
            body: revoke),
        ConformanceCase(
            "A new password needs the old one and signs out the other devices", .resources, scope: .eachTransport,
            body: newPassword),
        ConformanceCase(
            "A device that signs in again keeps its identifier", .resources, scope: .once, body: signInAgain),
        ConformanceCase(
            "A ticket is valid for 30 s", .resources, scope: .once, needs: [.time], body: expiredTicket),
        ConformanceCase("A ticket opens one stream or one socket, once", .resources, scope: .once, body: ticket),
        ConformanceCase("A WebSocket takes the token in its header, too", .events, scope: .once, body: header),
        ConformanceCase(
            "A wrong password and an unknown user get the same error", .errors, scope: .once, body: wrongPassword),
    ]

    private static func revoke(_ context: ConformanceContext) async throws {
        let phone = try await context.caller()
        let tablet = try await context.sibling(of: phone, over: context.mix.callee)
        let sessions = try await phone.perform(.listSessions).expect(200).list("items")
        try expectEqual(
            Set(sessions.compactMap { $0.text("deviceId") }), [phone.deviceId, tablet.deviceId], "the user's devices")
        for session in sessions {
            let isOwn = session.text("deviceId") == phone.deviceId
            try expectEqual(session.flag("current"), isOwn, "current in \(session.excerpt)")
            try expect(session["token"] == nil, "a listed session shows no token: \(session.excerpt)")
        }
        let one = try await phone.perform(.getSession, ["deviceId": .string(tablet.deviceId)]).expect(200)
        try expectEqual(one.text("deviceId"), tablet.deviceId, "the session asked for")
        try await phone.perform(.deleteSession, ["deviceId": .string(tablet.deviceId)]).expect(204)
        try await tablet.http.send(WireRequest(.GET, "/v1/users/me").authorized(by: tablet.token))
            .expectProblem(.unauthenticated)
        try await expectCutOff(tablet)
        try await phone.perform(.getMe).expect(200)
        try await phone.perform(.getSession, ["deviceId": .string(tablet.deviceId)]).expectProblem(.notFound)
    }

    private static func newPassword(_ context: ConformanceContext) async throws {
        let phone = try await context.caller()
        let tablet = try await context.sibling(of: phone, over: context.mix.callee)
        let change: JSONLiteral = ["password": "a new password", "oldPassword": .string(phone.user.password)]
        try await phone.perform(.updateMe, ["password": "a new password"]).expectProblem(.invalidRequest)
        try await phone.perform(.updateMe, ["password": "a new password", "oldPassword": "not it at all"])
            .expectProblem(.wrongPassword)
        for device in [phone, tablet] { try await device.perform(.getMe).expect(200) }
        let changed = try await phone.perform(.updateMe, change).expect(200)
        try expectEqual(changed.number("endedSessions"), 1, "endedSessions")
        try expectEqual(changed.text("userId"), phone.user.userId, "the user who is answered")
        try await tablet.http.send(WireRequest(.GET, "/v1/users/me").authorized(by: tablet.token))
            .expectProblem(.unauthenticated)
        try await expectCutOff(tablet)
        let again = try await phone.perform(.updateMe, change).expect(200)
        try expectEqual(again.number("endedSessions"), 0, "endedSessions of a repetition")
        try await phone.perform(.updateMe, ["displayName": "V"]).expect(200)
        let signIn = WireRequest.json(
            .POST, "/v1/sessions", ["userId": .string(phone.user.userId), "password": .string(phone.user.password)])
        try await context.http.send(signIn).expectProblem(.unauthenticated)
    }

    /// Checks that a revoked device receives no more events, over any transport.
    private static func expectCutOff(_ device: TestDevice) async throws {
        do {
            try await device.next(.callIncoming, within: .seconds(15))
        } catch WireError.webSocketClosed(let code, _) {
            try expectEqual(code, 4501, "the close code for a revoked device")
            return
        } catch is ListeningRefused, is WireError {
            return
        }
        throw ConformanceFailure("\(device) was revoked and still hears events")
    }

    private static func signInAgain(_ context: ConformanceContext) async throws {
        let phone = try await context.caller()
        let again = try await context.signIn(phone.user, over: .longPoll, deviceId: phone.deviceId)
        try expectEqual(again.deviceId, phone.deviceId, "the device's identifier")
        try expect(again.token != phone.token, "a new sign-in gives a new token")
        let sessions = try await again.perform(.listSessions).expect(200)
        try expectEqual(sessions.list("items").count, 1, "devices of the user")
        let stranger = try await context.user("masha")
        let other = try await context.signIn(stranger, over: .longPoll)
        try expect(other.deviceId != phone.deviceId, "each device has an identifier of its own")
    }

    private static func ticket(_ context: ConformanceContext) async throws {
        let petya = try await context.callee()
        let vasya = try await context.caller()
        func newTicket() async throws -> String {
            let ticket = try await petya.perform(.createTicket).expect(201)
            try expectEqual(ticket.number("expiresInSeconds"), 30, "expiresInSeconds")
            return ticket.text("ticket") ?? ""
        }
        let (forStream, forSocket) = try await (newTicket(), newTicket())
        await petya.stopListening()
        let (stream, _) = try await StreamSource.open(petya, from: nil, ticket: forStream)
        petya.begin(stream, over: .sse)
        let call = try await vasya.call(petya)
        await petya.stopListening()
        let (socket, _) = try await SocketSource.open(petya, from: petya.cursor, as: .ticket(forSocket))
        petya.begin(socket, over: .webSocket)
        try await call.ring()
        try await vasya.perform(.cancel, on: call.id).expectCall(.ended)
        try await petya.next(.callEnded, of: call.id)

        for ticket in [forStream, forSocket, "AAAAAAAAAAAAAAAAAAAAAA"] { try await expectRefused(ticket, of: petya) }
    }

    /// Checks that a ticket that was used, has expired or never existed opens nothing.
    private static func expectRefused(_ ticket: String, of device: TestDevice) async throws {
        do {
            let (stream, _) = try await StreamSource.open(device, from: nil, ticket: ticket)
            await stream.close()
            throw ConformanceFailure("a ticket that was used, or is none, opened a stream")
        } catch let refused as ListeningRefused {
            try refused.response.expectProblem(.unauthenticated)
        }
        do {
            let (socket, _) = try await SocketSource.open(device, from: nil, as: .ticket(ticket))
            await socket.close()
            throw ConformanceFailure("a ticket that was used, or is none, opened a WebSocket")
        } catch WireError.webSocketClosed(let code, _) {
            try expectEqual(code, 4003, "the close code for a ticket that was used")
        } catch WireError.upgradeRefused(let response) {
            try expectEqual(response.status, 401, "the status for a ticket that was used")
        }
    }

    private static func expiredTicket(_ context: ConformanceContext) async throws {
        let petya = try await context.callee()
        let ticket = try await petya.perform(.createTicket).expect(201)
        try await context.pass(.seconds(31), keeping: petya)
        try await expectRefused(ticket.text("ticket") ?? "", of: petya)
    }

    private static func header(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        await petya.stopListening()
        let call = try await vasya.invite(petya.user).expectCall(.inviting, status: 201)
        let (socket, welcome) = try await SocketSource.open(petya, from: petya.cursor, as: .header)
        petya.begin(socket, over: .webSocket)
        try expectEqual(welcome.recovered, true, "recovered")
        try await petya.next(.callIncoming, of: call.id)
        try await petya.perform(.decline, on: call.id).expectCall(.ended)
    }

    private static func wrongPassword(_ context: ConformanceContext) async throws {
        let user = try await context.user("vasya")
        let answers = try await [user.userId, "nobody-of-this-name~"].map {
            WireRequest.json(.POST, "/v1/sessions", ["userId": .string($0), "password": "not the password"])
        }.sent(by: context.http)
        for answer in answers { try answer.expectProblem(.unauthenticated) }
        try expectEqual(
            answers[0].json?.text("detail"), answers[1].json?.text("detail") ?? "", "the detail for an unknown user")
    }
}

extension [WireRequest] {
    fileprivate func sent(by http: HTTPClient) async throws -> [WireResponse] {
        var responses: [WireResponse] = []
        for request in self { responses.append(try await http.send(request)) }
        return responses
    }
}
