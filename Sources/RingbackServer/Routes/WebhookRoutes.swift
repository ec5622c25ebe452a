import RingbackCore
import RingbackModel

enum WebhookRoutes {
    static func operations(_ services: Services) -> [Operation] {
        [
            Operation(.listWebhooks, access: .platform(.webhooks)) { try await list($0, services) },
            Operation(.testWebhook, access: .platform(.webhooks)) { try await test($0, services) },
            Operation(.listDeliveries, access: .platform(.webhooks)) { try await deliveries($0, services) },
            Operation(.getDelivery, access: .platform(.webhooks)) { request in
                Answer(200, DeliveryView(try await delivery(request, services), services.store.epoch))
            },
            Operation(.replayDelivery, access: .platform(.webhooks)) { try await replay($0, services) },
        ]
    }

    /// GET /v1/webhooks
    private static func list(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        try await services.platform.note(request.keyUse())
        let waiting = services.settings.webhooks.isEmpty ? [:] : try await services.store.outbox.waiting()
        return Answer(
            200,
            ItemsPage(services.settings.webhooks.map { EndpointView($0, waiting: waiting[.webhook($0.name)] ?? 0) }))
    }

    /// POST /v1/webhooks/{webhook}/test
    private static func test(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        _ = try request.reader()
        let endpoint = try endpoint(request.parameters["webhook"], services)
        try await services.platform.note(request.keyUse(object: endpoint.name))
        let now = services.time.now
        let message = OutboxMessage(
            lane: .webhook(endpoint.name), key: "test \(now.milliseconds)", type: WebhookType.test,
            body: WebhookType.body(WebhookType.test, at: now) { $0.field("webhook", endpoint.name) }, createdAt: now,
            expiresAt: now + .seconds(60))
        let numbers = try await services.store.write { try $0.enqueue([message]) }
        return try await answer(202, numbers.first, services)
    }

    /// GET /v1/webhooks/deliveries
    private static func deliveries(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        let limit = try request.integer("limit", in: Limits.itemsPerPage, default: 50)
        var query = OutboxQuery(kind: "webhook", limit: limit + 1)
        query.lane = try request.parameters["webhook"].map { .webhook(try endpoint($0, services).name) }
        query.status = try request.parameters["status"].map { text in
            guard text.isASCII, let status = OutboxDelivery.Status(rawValue: text) else {
                throw Problem.invalid("status", "must be one of waiting, delivered, failed")
            }
            return status
        }
        query.before = try request.parameters["before"].map { text in
            guard let number = number(text, services) else {
                throw Problem.invalid("before", "must be the `next` of a previous page")
            }
            return number
        }
        try await services.platform.note(request.keyUse())
        let epoch = services.store.epoch
        let items = try await services.store.outbox.messages(query).map { DeliveryView($0, epoch) }
        return Answer(200, ItemsPage(items, limit: limit) { $0.id })
    }

    /// POST /v1/webhooks/deliveries/{deliveryId}/replay
    private static func replay(_ request: OperationRequest, _ services: Services) async throws -> Answer {
        _ = try request.reader()
        let number = try await delivery(request, services).number
        guard try await services.store.outbox.replay(number, at: services.time.now) else { throw notFound }
        return try await answer(202, number, services)
    }

    private static func answer(_ status: Int, _ number: Int64?, _ services: Services) async throws -> Answer {
        let query = OutboxQuery(kind: "webhook", number: number)
        guard let delivery = try await services.store.outbox.messages(query).first else { throw notFound }
        let view = DeliveryView(delivery, services.store.epoch)
        return Answer(status, view, location: "/v1/webhooks/deliveries/\(view.id)")
    }

    /// GET /v1/webhooks/deliveries/{deliveryId}
    private static func delivery(_ request: OperationRequest, _ services: Services) async throws -> OutboxDelivery {
        guard let number = try request.parameters["deliveryId"].flatMap({ number($0, services) }),
            let delivery = try await services.store.outbox.messages(OutboxQuery(kind: "webhook", number: number)).first
        else { throw notFound }
        try await services.platform.note(request.keyUse(object: delivery.messageID(epoch: services.store.epoch)))
        return delivery
    }

    private static func number(_ id: String, _ services: Services) -> Int64? {
        let prefix = "msg_\(services.store.epoch)_"
        return id.hasPrefix(prefix) ? Int64(id.dropFirst(prefix.count)) : nil
    }

    private static func endpoint(_ name: String?, _ services: Services) throws -> WebhookEndpoint {
        guard let endpoint = services.settings.webhooks.first(where: { $0.name == name }) else {
            throw Problem(.notFound, "There is no webhook with this name.")
        }
        return endpoint
    }

    private static var notFound: Problem { Problem(.notFound, "The delivery does not exist.") }
}

/// A webhook endpoint without its secrets, and without the query of its URL, which may be one.
private struct EndpointView: JSONWritable {
    let endpoint: WebhookEndpoint
    let waiting: Int

    init(_ endpoint: WebhookEndpoint, waiting: Int) { (self.endpoint, self.waiting) = (endpoint, waiting) }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("webhook", endpoint.name)
            json.field("url", String(endpoint.url.prefix { $0 != "?" }))
            json.name("types")
            json.array(endpoint.types.map(\.rawValue).sorted()) { $0.string($1) }
            json.field("waiting", waiting)
        }
    }
}

/// A message and how its delivery stands.
private struct DeliveryView: JSONWritable {
    let id: String
    let delivery: OutboxDelivery

    init(_ delivery: OutboxDelivery, _ epoch: String) {
        id = delivery.messageID(epoch: epoch)
        self.delivery = delivery
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("deliveryId", id)
            json.field("webhook", String(delivery.lane.name))
            json.field("type", delivery.type)
            json.field("status", delivery.status.rawValue)
            json.field("attempts", delivery.attempts)
            json.field("createdAt", delivery.createdAt)
            json.optionalField("nextAttemptAt", delivery.dueAt)
            json.optionalField("doneAt", delivery.doneAt)
            json.optionalField("error", delivery.error)
        }
    }
}
