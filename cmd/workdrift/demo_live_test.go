package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demo"
)

// A demo that somebody forgot does not grow for ever.
func TestDemoSlowsDown(t *testing.T) {
	org, err := demo.New(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), demoSeed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { org.Close() })
	synctest.Test(t, func(t *testing.T) {
		begin := org.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		defer cancel()
		live(ctx, org, 24*60*60*10) // ten days in a second
		if lived := org.Now().Sub(begin); lived < fastYear || lived > fastYear+20*24*time.Hour {
			t.Errorf("in a minute the organisation lived %s, want a year and no more", lived)
		}
	})
}
