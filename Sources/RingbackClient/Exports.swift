// Importing the SDK imports the vocabulary too: `Call`, `UserID`, `Problem`.
@_exported public import RingbackModel
