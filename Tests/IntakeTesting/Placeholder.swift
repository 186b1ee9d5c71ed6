internal import IntakeCore
