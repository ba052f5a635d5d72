// Package config reads the configuration of workdrift.
//
// It is strict: an unknown or repeated key, a value of the wrong type or out
// of its range and a name that is declared nowhere are errors. All errors are
// returned at once, each with the place where it stands and what to write
// instead. The section of a connector is read by the connector, and as
// strictly (Connector.Decode).
//
// Secrets are named, never written: a configuration says in which file or
// environment variable a secret lies. Nothing in the text is expanded. No
// message repeats a secret, or anything that names a person.
package config
