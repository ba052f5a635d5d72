package main

import (
	"os"
	"testing"
)

// asProgram makes the test binary behave as the program when it is set in the
// environment, so that a test can start, signal and kill a real process.
const asProgram = "WORKDRIFT_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}
