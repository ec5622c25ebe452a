import ArgumentParser
import RingbackServer

/// The options about how long things are kept.
struct RetentionOptions: ParsableArguments {
    @Option(help: "Hours that events are kept for devices that reconnect. (default: 24)")
    var eventHours: Int?

    @Option(help: "Hours after the end of a call that its SDP and candidates are kept. (default: 1)")
    var payloadHours: Int?

    @Option(
        help: "Hours after the end of a call that its timeline, legs, custom data and quality are kept. (default: 24)")
    var detailHours: Int?

    @Option(
        help: "Days after its end that a call is in the histories; at least as long as events are kept. (default: 365)")
    var historyDays: Int?

    @Option(help: "Hours that messages to endpoints are kept after they were delivered or given up. (default: 24)")
    var webhookHours: Int?

    @Option(help: "Days that the audit log is kept. (default: 365)")
    var auditDays: Int?

    /// - Throws: `ValidationError`.
    func apply(_ source: SettingsSource, to settings: inout ServerSettings) throws {
        let hours = 1...1_000_000
        settings.eventRetention = .seconds(
            3600 * Int64(try source.integer("event-hours", eventHours, in: hours, default: 24)))
        settings.payloadRetention = .seconds(
            3600 * Int64(try source.integer("payload-hours", payloadHours, in: hours, default: 1)))
        settings.detailRetention = .seconds(
            3600 * Int64(try source.integer("detail-hours", detailHours, in: hours, default: 24)))
        settings.historyRetention = .seconds(
            86_400 * Int64(try source.integer("history-days", historyDays, in: 1...36_500, default: 365)))
        settings.webhookRetention = .seconds(
            3600 * Int64(try source.integer("webhook-hours", webhookHours, in: hours, default: 24)))
        settings.auditRetention = .seconds(
            86_400 * Int64(try source.integer("audit-days", auditDays, in: 1...36_500, default: 365)))
    }
}
