import NIOHTTP1
import RingbackModel
import Testing

@testable import RingbackServer

/// The routes of methods and paths.
struct RouteTableTests {
    private let table = RouteTable(
        [
            APIOperation.getMe, .updateMe, .getUser, .getPresence, .invite, .listCalls, .sendOffer, .getSDKFile,
            .getDemo,
        ].map { id in .page(Page(id: id) { _, _ in HTTPResponse(200) }) } + [.stream, .socket])

    private static func dictionary(_ parameters: URLParameters) -> [String: String] {
        Dictionary(parameters.pairs) { $1 }
    }

    private func found(_ method: HTTPMethod, _ path: String) -> (APIOperation?, [String: String]) {
        let match = table.match(path[...])
        return (match.route(method)?.id, Self.dictionary(match.parameters))
    }

    @Test(arguments: [
        (HTTPMethod.GET, "/", APIOperation.getDemo), (.POST, "/v1/calls", .invite), (.GET, "/v1/calls", .listCalls),
        (.GET, "/v1/calls/", .listCalls), (.GET, "/v1/socket/", .openSocket), (.HEAD, "/v1/calls", .listCalls),
    ]) func `A method and a path lead to an operation`(method: HTTPMethod, path: String, operation: APIOperation) {
        #expect(found(method, path).0 == operation)
    }

    @Test func `A literal takes precedence over a parameter, and paths below a parameter are found nevertheless`() {
        #expect(found(.GET, "/v1/users/me").0 == .getMe)
        #expect(found(.GET, "/v1/users/petya") == (.getUser, ["userId": "petya"]))
        #expect(found(.GET, "/v1/users/me/presence") == (.getPresence, ["userId": "me"]))
    }

    @Test func `Parameters are decoded once`() {
        #expect(found(.GET, "/v1/users/a%20b%2520").1 == ["userId": "a b%20"])
        #expect(found(.GET, "/v1/users/%ff").1 == ["userId": "%ff"])
        #expect(found(.GET, "/v1/users/a%2Fpresence") == (.getUser, ["userId": "a/presence"]))
    }

    @Test(arguments: ["/v1", "/v1/nothing", "/v1/calls/x/offer/more", "/V1/calls", "/v1/%63alls", "/a/b/c/d/e/f/g/h/i"])
    func `Other paths do not exist`(path: String) {
        #expect(table.match(path[...]).methods == [])
    }

    @Test func `A path has the methods of its operations, and HEAD where GET ends`() {
        #expect(table.match("/v1/users/me").methods == ["GET", "HEAD", "PATCH"])
        #expect(table.match("/v1/calls").methods == ["GET", "HEAD", "POST"])
        #expect(table.match("/v1/events/stream").methods == ["GET"])
        #expect(found(.HEAD, "/v1/events/stream").0 == nil)
    }

    @Test func `A target has a path and a query, also in the absolute form`() {
        let target = RequestTarget("/v1/events?cursor=a.1&limit=%35&cursor=b.2&flag&=x")
        #expect(target.path == "/v1/events")
        #expect(Self.dictionary(target.parameters) == ["cursor": "b.2", "limit": "5", "flag": "", "": "x"])
        #expect(target.parameters["cursor"] == "b.2")
        #expect(target.parameters["wait"] == nil)
        #expect(RequestTarget("http://example.org/v1/calls?a=1").path == "/v1/calls")
        #expect(RequestTarget("*").path == "*")
    }
}
