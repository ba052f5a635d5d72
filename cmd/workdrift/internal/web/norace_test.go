//go:build !race

package web

// underRace says that the race detector runs.
const underRace = false
