package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/internal/durable"
)

// restoreProof is the name of a file in the storage directory that says when a
// backup was last proved to be restorable, in seconds of Unix time. It is no part
// of the database, since the proof is made beside a running daemon, or where none
// runs.
const restoreProof = "restore-proof"

// recordProof notes in a storage directory that a backup can be restored.
func recordProof(dir string, at time.Time) error {
	path := filepath.Join(dir, restoreProof)
	if err := durable.Write(path, []byte(strconv.FormatInt(at.Unix(), 10)+"\n"), 0o600); err != nil {
		return fmt.Errorf("record the proof: %w", err)
	}
	return nil
}

// lastProof returns what recordProof noted, 0 before the first time.
func lastProof(dir string) (float64, error) {
	text, err := os.ReadFile(filepath.Join(dir, restoreProof))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
}

// newProofMetric makes the time of the last proof visible. A file that cannot be
// read proves nothing.
func newProofMetric(dir string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "workdrift_backup_last_verified_timestamp_seconds",
		Help: "Unix time at which a backup was last proved to be restorable by workdrift verify --record, 0 before the first time.",
	}, func() float64 {
		at, err := lastProof(dir)
		if err != nil {
			return 0
		}
		return at
	})
}
