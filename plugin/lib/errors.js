// What a model is told when a call did not do what it asked for.

/** OpenClaw passes on the message of errors of this name; of any other only that there was one. */
export class ToolInputError extends Error {
  constructor(message) {
    super(message);
    this.name = 'ToolInputError';
    this.status = 400;
  }
}
