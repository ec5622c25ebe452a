import NIOHTTP1
import RingbackModel

/// Errors of requests, and their format.
enum ErrorCases {
    static let all = [
        ConformanceCase("Malformed JSON is 400 with the position", .errors, scope: .once, body: malformed),
        ConformanceCase("Without a valid token it is 401", .errors, scope: .once, body: unauthenticated),
        ConformanceCase("A resource that does not exist is 404", .errors, scope: .once, body: notFound),
        ConformanceCase("A wrong method is 405 with Allow", .errors, scope: .once, body: wrongMethod),
        ConformanceCase("A body of another type is 415", .errors, scope: .once, body: mediaType),
        ConformanceCase(
            "Well-formed but invalid fields are 422, each listed", .errors, scope: .eachTransport, body: invalid),
        ConformanceCase("A user can't call themselves", .errors, scope: .eachTransport, body: callSelf),
        ConformanceCase("A name that is taken is 409", .errors, scope: .once, body: nameTaken),
        ConformanceCase("Unknown fields in a request are ignored", .shapes, scope: .eachTransport, body: unknownFields),
    ]

    private static func malformed(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        for text in ["{\"callee\": \"x\",\n  oops}", "{", "{\"a\":1}x", "{\"a\":\"\\ud800\"}", "\u{FEFF}"] {
            let request = WireRequest(
                .POST, "/v1/calls", headers: ["content-type": "application/json"], body: Array(text.utf8))
            let problem = try await vasya.http.send(request.authorized(by: vasya.token)).expectProblem(.malformedJSON)
            if text.contains("oops") {
                try expect(
                    problem.text("detail")?.contains("2") ?? false, "the place is in line 2: \(problem.excerpt)")
            }
        }
    }

    private static func unauthenticated(_ context: ConformanceContext) async throws {
        let requests = [
            WireRequest(.GET, "/v1/users/me"), WireRequest(.GET, "/v1/events"), WireRequest(.GET, "/v1/events/stream"),
            WireRequest(.GET, "/v1/calls"), .json(.POST, "/v1/calls", ["callee": "x"]),
            WireRequest(.GET, "/v1/ice-servers"),
            WireRequest(.POST, "/v1/tickets"),
        ]
        for request in requests {
            for authorization in [nil, "Bearer AAAAAAAAAAAAAAAAAAAAAA", "Bearer", "Basic dTpw", "Bearer a b"] {
                var request = request
                if let authorization { request.headers.add(name: "authorization", value: authorization) }
                let response = try await context.http.send(request)
                try response.expectProblem(.unauthenticated)
                try expect(
                    response.header("www-authenticate")?.hasPrefix("Bearer") ?? false,
                    "\(request.target): 401 comes with WWW-Authenticate: Bearer: \(response.headers)")
            }
        }
    }

    private static func notFound(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        for target in ["/v1/nothing", "/nothing", "/v1/calls/AAAAAAAAAAAAAAAAAAAAAA", "/v1/users/nobody~/presence/x"] {
            try await vasya.http.send(WireRequest(.GET, target).authorized(by: vasya.token)).expectProblem(.notFound)
        }
        try await vasya.perform(.getUser, ["userId": "nobody-of-this-name~"]).expectProblem(.userNotFound, .notFound)
        try await vasya.perform(.invite, ["callee": "nobody-of-this-name~"]).expectProblem(.userNotFound)
    }

    private static func wrongMethod(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let rows: [(HTTPMethod, String, [String])] = [
            (.DELETE, "/v1/calls", ["GET", "POST"]), (.GET, "/v1/calls/AAAAAAAAAAAAAAAAAAAAAA/accept", ["POST"]),
            (.POST, "/v1/users/me", ["GET", "PATCH", "DELETE"]), (.PUT, "/v1/events", ["GET"]),
            (.POST, "/healthz", ["GET"]),
        ]
        for (method, target, allowed) in rows {
            let response = try await vasya.http.send(WireRequest(method, target).authorized(by: vasya.token))
            try response.expectProblem(.methodNotAllowed)
            let names = (response.header("allow") ?? "").split(separator: ",").map { String($0.trimmingPrefix(" ")) }
            try expect(Set(allowed).isSubset(of: names), "\(target): Allow names \(allowed), not \(names)")
            try expect(!names.contains(method.rawValue), "\(target): Allow names the refused method: \(names)")
        }
    }

    private static func mediaType(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", nil] {
            var request = WireRequest(.POST, "/v1/calls", body: Array(#"{"callee":"x"}"#.utf8)).authorized(
                by: vasya.token)
            if let type { request.headers.add(name: "content-type", value: type) }
            try await vasya.http.send(request).expectProblem(.unsupportedMediaType)
        }
        var request = WireRequest(.POST, "/v1/calls", body: Array(#"{"callee":"nobody~"}"#.utf8)).authorized(
            by: vasya.token)
        request.headers.add(name: "content-type", value: "Application/JSON; charset=utf-8")
        try await vasya.http.send(request).expectProblem(.userNotFound)
    }

    private static func invalid(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        let petya = try await context.user("petya")
        let callee = JSONLiteral.string(petya.userId)
        let rows: [(JSONLiteral, String)] = [
            (["media": ["audio": true, "video": true]], "callee"), (["callee": 7], "callee"),
            (["callee": "not a name"], "callee"), (["callee": callee, "ringSeconds": 9], "ringSeconds"),
            (["callee": callee, "ringSeconds": 181], "ringSeconds"),
            (["callee": callee, "ringSeconds": "60"], "ringSeconds"),
            (["callee": callee, "media": ["audio": "yes"]], "media"), (["callee": callee, "media": []], "media"),
        ]
        for (data, field) in rows {
            let answer = try await vasya.perform(.invite, data)
            let problem = try answer.expectProblem(.invalidRequest)
            try expect(
                problem.list("errors").contains { $0.text("field")?.hasPrefix(field) ?? false },
                "the errors name the field `\(field)`: \(problem.excerpt)")
        }
        let history = try await vasya.perform(.listCalls).expect(200)
        try expect(history.list("items").isEmpty, "what was refused had an effect: \(history.excerpt)")
    }

    private static func callSelf(_ context: ConformanceContext) async throws {
        let vasya = try await context.caller()
        try await vasya.invite(vasya.user).expectProblem(.callSelf)
    }

    private static func nameTaken(_ context: ConformanceContext) async throws {
        let user = try await context.user("vasya")
        let body: JSONLiteral = ["userId": .string(user.userId), "displayName": "x", "password": "another password"]
        try await context.http.send(.json(.POST, "/v1/users", body)).expectProblem(.userExists)
    }

    private static func unknownFields(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let data: JSONLiteral = [
            "callee": .string(petya.user.userId), "colour": "green", "state": "active", "from": [1, nil],
        ]
        let call = try await vasya.perform(.invite, data).expectCall(.inviting, status: 201)
        try await petya.next(.callIncoming, of: call.id)
        try await petya.perform(.accept, on: call.id, ["actor": "somebody"]).expectCall(.connecting)
        let event = try await vasya.next(.callAccepted, of: call.id)
        try expectEqual(event.actorDeviceId, petya.deviceId, "the actor is the server's word")
    }
}
