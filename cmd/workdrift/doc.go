// Workdrift measures from evidence whether the work goes where the declared
// objectives say it should.
//
// This comment is the tour of the code. A point of data travels through it like
// this:
//
//  1. A connector (connectors/git, github, jira, slack) fetches one page of a
//     system of record and normalises it: items (what there is), events (what
//     somebody did), links between items. It asks connectors/refs which keys a
//     title, a branch or a message names, and which words it holds. It returns
//     a store.Batch with the cursor that follows it, and knows nothing else: no
//     database, no scores. connectors/promql reads in the same way what the
//     objectives are measured by.
//
//  2. connectors.Poller decides when to fetch and when to come back, replaces
//     every identity and every word by a keyed hash, cleans what upstream wrote, and applies
//     the batch. connectors.Transport is the only way out to the network. A
//     webhook (internal/web/hooks.go) only names what the Poller is to read
//     again.
//
//  3. store/bolt writes items, events and cursor in one transaction. A crash
//     before it fetches the page again; a crash after it never does. Package
//     store is the vocabulary and the contract; store/storetest proves it.
//
//  4. The evaluator (evaluator.go) asks the store what changed since it last
//     looked and feeds it to a scoring.Engine.
//
//  5. scoring/attribution decides what an item counts for: a human's override,
//     a key of an objective, an inherited link, a rule, or nothing.
//     scoring/objective holds what was declared, as of each day.
//
//  6. scoring/effort turns presence into person-days, exactly and in integers.
//
//  7. scoring.Engine.Report adds it up into one immutable scoring.Report:
//     shares with bounds, intervals, model spread, or the reason why there is
//     none.
//
//  8. The report is swapped in. scoring.Collector exposes it at /metrics,
//     internal/web shows it. Neither computes anything. internal/brief writes the
//     page for the meeting; both take their sentences from internal/findings and
//     their charts from internal/chart. internal/outbox brings that page, on
//     schedule and once, to where deliver.go finds it wanted.
//
// The rest of this package is wiring. daemon.go puts the parts together and
// starts and stops them; serve.go, score.go, demo.go, explain.go,
// identities.go, checkin.go, declarations.go (with githistory.go and structurelog.go), history.go, brief.go (with briefs.go), backup.go,
// verify.go and check.go are the commands; notify.go tells the service manager how
// the daemon is; control.go is the socket through which a command
// asks a running daemon; access.go, listings.go and triage.go stand behind the
// web: who may do what, which work is behind a number, and decisions about work;
// connectors.go is the one list of connectors.
// internal/config reads the YAML strictly, and internal/demo is the made-up
// organisation of the demo, served by connectors/fake.
//
// Imports point one way, and imports_test.go keeps it so: connectors and
// scoring know the store's vocabulary, neither knows the other, and nothing
// imports this package.
package main
