// placeholder
internal import IntakeCore
