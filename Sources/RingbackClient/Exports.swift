// Whoever imports the SDK has the vocabulary too: `Call`, `UserID`, `Problem`.
@_exported public import RingbackModel
