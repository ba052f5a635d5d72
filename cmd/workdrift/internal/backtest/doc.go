// Package backtest replays stored history through files of Prometheus rules, and
// says when each alert would have fired and for how long. Expressions are
// evaluated by Prometheus' own engine; how alerts wait, fire and go on is that of
// Prometheus, which tests compare with promtool.
//
// It knows neither stores nor scores: frames say what would have been scraped.
package backtest
