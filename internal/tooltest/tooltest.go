// Package tooltest finds and runs the programs that tests need beside Go.
package tooltest

import (
	"os"
	"os/exec"
	"testing"
)

// Need returns the path of a program that goes by one of the names. Without it
// the test is skipped, or fails where CI is set in the environment: on the
// machine that guards the project nothing is left out.
func Need(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Without(t, names[0]+" is not installed")
	return ""
}

// Without ends a test that needs what a machine has not: it is skipped, or fails
// where CI is set.
func Without(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s, and CI is set", what)
	}
	t.Skip(what)
}

// Run runs a program that the test needs in a directory, and returns what it
// said on both of its outputs.
func Run(t testing.TB, dir string, command ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), Need(t, command[0]), command[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}
