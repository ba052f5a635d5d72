//go:build race

package main

// underRace says that the race detector watches, with which everything takes
// eight times as long: what compares figures of whole firms then takes less of
// them.
const underRace = true
