// Importing the SDK also imports the types of the protocol: `Call`, `UserID`, `Problem`.
@_exported public import RingbackModel
