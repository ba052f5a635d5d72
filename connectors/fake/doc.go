// Package fake holds local servers that speak the wire protocols of the
// systems Workdrift reads, for a made-up organisation. The demo and the tests
// share them.
//
// A World is the truth: repositories, issues, pull requests, commits and the
// people behind them, changed only by methods that name the time of the
// change. NewGitHub serves a World the way GitHub's REST API serves an
// organisation, with the habits that break naive clients: lists are ordered
// anew at every request, deep pages are refused, entity tags depend on the
// token, timestamps have a resolution of one second. Faults come on demand, and
// the log of what was served is the oracle of tests.
//
// A Workspace is the same for Slack's members, channels and messages, and
// NewSlack serves it as Slack's Web API does: newest first, threads apart,
// with scopes, rates by method and the messages that break decoders. A
// SlackHook signs what its Events API would deliver.
//
// A JiraSite is the same for Jira's projects, issues and their histories, and
// NewJira serves it as Jira Cloud or a Data Center does: searches that lag
// behind, page tokens, inline lists that are cut, times in the zone of whoever
// asks, logins that expire with a 200.
//
// The package is written independently of the clients that read from it: it
// imports no connector, and nothing outside the standard library.
package fake
