"""The log of what happened: records, events, deciders, the store and the writer. Imports neither other package."""
