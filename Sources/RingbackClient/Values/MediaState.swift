public import RingbackModel

/// The media that a participant sends.
public struct MediaState: Sendable, Hashable {
    /// A source of media.
    public struct Track: Sendable, Hashable {
        /// The kind of media.
        public enum Kind: String, Sendable, Hashable {
            /// Audio.
            case audio
            /// Video.
            case video
        }

        /// The kind of media.
        public var kind: Kind
        /// Whether the source is muted.
        public var isMuted: Bool

        /// Creates a track.
        public init(kind: Kind, isMuted: Bool = false) {
            self.kind = kind
            self.isMuted = isMuted
        }
    }

    /// The tracks by name: `camera`, `mic`, `screen` and others of at most 32 characters.
    public var tracks: [String: Track] = [:]
    /// Whether the participant has put the call on hold.
    public var isHeld: Bool?

    /// Creates a media state.
    ///
    /// - Parameters:
    ///   - tracks: The tracks by name.
    ///   - isHeld: Whether the participant has put the call on hold.
    public init(tracks: [String: Track] = [:], isHeld: Bool? = nil) {
        self.tracks = tracks
        self.isHeld = isHeld
    }

    /// Decodes ``RingbackModel/CallParticipant/media``; `nil` if it has another shape.
    public init?(_ json: JSONText) {
        guard let state = (try? JSONObject(parsing: json.utf8)).flatMap({ try? MediaState($0) }) else { return nil }
        self = state
    }

    /// The track `camera`.
    public var camera: Track? {
        get { tracks["camera"] }
        set { tracks["camera"] = newValue }
    }

    /// The track `mic`.
    public var mic: Track? {
        get { tracks["mic"] }
        set { tracks["mic"] = newValue }
    }

    /// The track `screen`.
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
