import Hummingbird
import HummingbirdCore
import NIOCore

/// What a request carries on its way to a route.
struct RingbackContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}
