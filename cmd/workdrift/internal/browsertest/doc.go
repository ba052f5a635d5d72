// Package browsertest has only tests: those of the pages as a browser shows
// them, with the real program, its demo and a real Chromium. They are apart from
// the program's own tests so that both run at the same time.
package browsertest
