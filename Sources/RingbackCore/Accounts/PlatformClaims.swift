package import RingbackModel

/// What a verified token of the platform says.
package struct PlatformClaims: Sendable, Hashable {
    /// `sub`: the user.
    package var user: UserID
    /// `name`: how the user is shown; `nil` when there is none or it can't be a display name.
    package var displayName: String?
    /// `device_id`: the device that holds the token; `nil` when the token names none.
    package var device: DeviceID?
    /// `iat`: when it was made; `nil` when the token does not say.
    package var issuedAt: Timestamp?
    /// From when on it is void: `exp`, and by how much the clocks may differ.
    package var expiresAt: Timestamp

    package init(
        user: UserID, displayName: String? = nil, device: DeviceID? = nil, issuedAt: Timestamp? = nil,
        expiresAt: Timestamp
    ) {
        self.user = user
        self.displayName = displayName
        self.device = device
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}
