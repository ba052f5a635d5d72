// Package deploytest has only tests: those of what is in deploy, with the real
// tools and the real program. They are apart from the program's own tests so
// that both run at the same time.
package deploytest
