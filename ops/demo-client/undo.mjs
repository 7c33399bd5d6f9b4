// What must be put right again, however a script ends: newest first, each once.
export class Undo {
  #entries = [];

  /** Remembers an action. `now()` of what is returned runs it early, and then not again. */
  add(what, action) {
    const entry = [what, action];
    this.#entries.unshift(entry);
    return {
      now: async () => {
        const result = await action();
        this.#entries = this.#entries.filter((each) => each !== entry);
        return result;
      },
    };
  }

  /** Runs all that is left; yields what failed, as pairs of what it was and the error. */
  async all() {
    const failures = [];
    for (const [what, action] of this.#entries.splice(0)) {
      try {
        await action();
      } catch (error) {
        failures.push([what, error]);
      }
    }
    return failures;
  }
}
