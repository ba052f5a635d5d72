package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/internal/tooltest"
	"github.com/workdrift/workdrift/store/bolt"
)

// script runs a shipped script with the test binary as the program.
func script(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), tooltest.Need(t, "sh"), append([]string{filepath.Join(backupDir, name)}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "WORKDRIFT="+program)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// R14: what a backup holds is what the daemon held, and it can be restored.
func TestBackupsCanBeRestored(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	c := newCompany(t, 6)
	dir := t.TempDir()
	path := c.config(t, dir, loopback)
	r := start(t, path, 0)
	r.await(t, "complete", complete)
	backups := filepath.Join(dir, "backup")

	if out, err := script(t, "restore-drill.sh", path, backups); err == nil || !strings.Contains(out, "no backup in") {
		t.Errorf("a drill without a backup: %v %s", err, out)
	}
	// While it serves and polls.
	if out, err := script(t, "backup.sh", path, backups, "30"); err != nil {
		t.Fatalf("backup: %v\n%s", err, out)
	}
	taken := backupsIn(t, backups)
	if len(taken) != 1 || !regexp.MustCompile(`/workdrift-\d{8}T\d{6}Z\.db$`).MatchString(taken[0]) {
		t.Fatalf("there are %v", taken)
	}
	if text := get(t, r.url+"/metrics"); strings.Contains(text, "\nworkdrift_store_last_backup_timestamp_seconds 0\n") {
		t.Error("the daemon does not know of its backup")
	}
	const unproven = "\nworkdrift_backup_last_verified_timestamp_seconds 0\n"
	if text := get(t, r.url+"/metrics"); !strings.Contains(text, unproven) {
		t.Error("the backup counts as proved before a drill")
	}
	state := stateHash(t, copyOf(t, taken[0]))
	out, err := script(t, "restore-drill.sh", path, backups)
	if err != nil || !strings.Contains(out, "can be restored") || !strings.Contains(out, fmt.Sprintf("state %x", state)) {
		t.Errorf("the drill: %v\n%s", err, out)
	}
	if text := get(t, r.url+"/metrics"); strings.Contains(text, unproven) {
		t.Error("the daemon does not know of the drill")
	}
	r.stop(t)
	if live := stateHash(t, filepath.Join(dir, databaseFile)); live != state {
		t.Error("the backup holds something else than the database of the daemon, to which nothing happened")
	}

	// Restored into a fresh directory it makes the same report.
	fresh := t.TempDir()
	restored := c.config(t, fresh, loopback)
	copyTo(t, filepath.Join(fresh, databaseFile), taken[0])
	day := time.Now().AddDate(0, 0, -3).Format(time.DateOnly)
	var reports []string
	for _, config := range []string{path, restored} {
		stdout, stderr, code := workdrift(t, "explain", "unknown", "--config", config, "--output", "json")
		if code != 0 {
			t.Fatalf("explain: %s", stderr)
		}
		proved, stderr, code := workdrift(t, "verify", filepath.Join(filepath.Dir(config), databaseFile), "--config", config, "--at", day, "--output", "json")
		if code != 0 {
			t.Fatalf("verify: %s", stderr)
		}
		reports = append(reports, stdout+timeless(t, proved))
	}
	if reports[0] != reports[1] || !strings.Contains(reports[0], "top_objectives_effort") {
		t.Errorf("the restored database makes another report:\n%s\n%s", reports[0], reports[1])
	}
}

// timeless is a proof without the moment at which its report was made.
func timeless(t *testing.T, text string) string {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	report := p["report"].(map[string]any)
	delete(report, "at")
	delete(report, "stats")
	out, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Old backups go, once there is a new one, and nothing else does.
func TestOldBackupsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	path := newCompany(t, 1).config(t, dir)
	db, err := bolt.Open(t.Context(), filepath.Join(dir, databaseFile), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	backups := filepath.Join(dir, "backup")
	kept := filepath.Join(backups, "workdrift-20260301T000000Z.db")
	others := []string{filepath.Join(backups, "notes.txt"), filepath.Join(backups, "deep", "workdrift-20250101T000000Z.db")}
	old := filepath.Join(backups, "workdrift-20250101T000000Z.db")
	if err := os.MkdirAll(filepath.Join(backups, "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, days := range map[string]int{kept: 6, old: 9, others[0]: 9, others[1]: 9} {
		write(t, name, "x")
		at := time.Now().AddDate(0, 0, -days)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := script(t, "restore-drill.sh", path, backups); err == nil || !strings.Contains(out, "older than 26 hours") {
		t.Errorf("a drill with an old backup: %v %s", err, out)
	}
	// A backup that fails removes nothing.
	if out, err := script(t, "backup.sh", filepath.Join(dir, "none.yaml"), backups, "7"); err == nil || len(backupsIn(t, backups)) != 2 {
		t.Errorf("a backup without a configuration: %v %s", err, out)
	}
	if out, err := script(t, "backup.sh", path, backups, "7"); err != nil {
		t.Fatalf("backup: %v\n%s", err, out)
	}
	left := backupsIn(t, backups)
	if len(left) != 2 || left[0] != kept || slices.Contains(left, old) {
		t.Errorf("left are %v", left)
	}
	for _, name := range others {
		if _, err := os.Stat(name); err != nil {
			t.Errorf("it removes what is not its own: %v", err)
		}
	}
	// A drill finds damage.
	damaged := []byte(read(t, left[1]))
	for i := len(damaged) / 2; i < len(damaged); i++ {
		damaged[i] ^= 0x55
	}
	write(t, left[1], string(damaged))
	if out, err := script(t, "restore-drill.sh", path, backups); err == nil || strings.Contains(out, "can be restored") {
		t.Errorf("a damaged backup: %v %s", err, out)
	}
	if at, err := lastProof(dir); err != nil || at != 0 {
		t.Errorf("a drill that failed counts: %v %v", at, err)
	}
	for _, wrong := range [][]string{{"backup.sh"}, {"backup.sh", path, backups, "soon"}, {"restore-drill.sh", path}, {"restore-drill.sh", path, backups, "-1"}} {
		if out, err := script(t, wrong[0], wrong[1:]...); err == nil || !strings.Contains(out, wrong[0]) {
			t.Errorf("%v: %v %s", wrong, err, out)
		}
	}
}

func TestScriptsAreCleanForShellcheck(t *testing.T) {
	scripts, err := filepath.Glob("../../deploy/*/*.sh")
	scripts = append(scripts, "../../deploy/quickstart.sh")
	if err != nil || len(scripts) < 5 {
		t.Fatalf("found only %v: %v", scripts, err)
	}
	if out, err := tooltest.Run(t, ".", append([]string{"shellcheck"}, scripts...)...); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, name := range scripts {
		if info, err := os.Stat(name); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s cannot be executed: %v", name, err)
		}
	}
}

func backupsIn(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "workdrift-*.db"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// copyOf copies a file to a directory of its own, since opening a database may
// change it.
func copyOf(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	copyTo(t, to, from)
	return to
}

func copyTo(t *testing.T, to, from string) {
	t.Helper()
	if err := copyBackup(t.Context(), to, from); err != nil {
		t.Fatal(err)
	}
}
