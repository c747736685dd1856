// Nothing: a target needs a source, and the precompiled headers need a target.
