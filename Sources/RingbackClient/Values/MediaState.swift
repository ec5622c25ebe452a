public import RingbackModel

/// What a participant sends at the moment.
public struct MediaState: Sendable, Hashable {
    /// One source, and whether it is muted.
    public struct Track: Sendable, Hashable {
        /// Sound or picture.
        public enum Kind: String, Sendable, Hashable {
            /// Sound.
            case audio
            /// Picture.
            case video
        }

        /// Sound or picture.
        public var kind: Kind
        /// Whether nothing of it is sent at the moment.
        public var isMuted: Bool

        /// A source that is sent, or muted.
        public init(kind: Kind, isMuted: Bool = false) {
            self.kind = kind
            self.isMuted = isMuted
        }
    }

    /// The sources by their names: `camera`, `mic`, `screen` and others of at most 32 characters.
    public var tracks: [String: Track] = [:]
    /// Whether this side has put the call on hold.
    public var isHeld: Bool?

    /// - Parameters:
    ///   - tracks: The sources by their names.
    ///   - isHeld: Whether the call is on hold.
    public init(tracks: [String: Track] = [:], isHeld: Bool? = nil) {
        self.tracks = tracks
        self.isHeld = isHeld
    }

    /// What ``RingbackModel/CallParticipant/media`` holds; `nil` if it is no media state.
    public init?(_ json: JSONText) {
        guard let state = (try? JSONObject(parsing: json.utf8)).flatMap({ try? MediaState($0) }) else { return nil }
        self = state
    }

    /// The camera.
    public var camera: Track? {
        get { tracks["camera"] }
        set { tracks["camera"] = newValue }
    }

    /// The microphone.
    public var mic: Track? {
        get { tracks["mic"] }
        set { tracks["mic"] = newValue }
    }

    /// The shared screen.
    public var screen: Track? {
        get { tracks["screen"] }
        set { tracks["screen"] = newValue }
    }
}

extension MediaState: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            for (name, track) in tracks.sorted(by: { $0.key < $1.key }) {
                json.member(name)
                json.object { json in
                    json.field("kind", track.kind.rawValue)
                    json.field("muted", track.isMuted)
                }
            }
            if let isHeld { json.field("held", isHeld) }
        }
    }
}
