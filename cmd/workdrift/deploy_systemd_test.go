package main

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/internal/tooltest"
)

const (
	systemdDir = "../../deploy/systemd"
	backupDir  = "../../deploy/backup"
)

// units are all that is installed.
var units = []string{
	systemdDir + "/workdrift.service",
	backupDir + "/workdrift-backup.service", backupDir + "/workdrift-backup.timer",
	backupDir + "/workdrift-restore-drill.service", backupDir + "/workdrift-restore-drill.timer",
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Who hardens or relaxes the unit knows what each line is for.
func TestUnitExplainsEachLine(t *testing.T) {
	before := ""
	for line := range strings.Lines(read(t, units[0])) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "=") && !strings.HasPrefix(line, "#") && !strings.HasPrefix(before, "#") {
			t.Errorf("nothing says why: %s", line)
		}
		before = line
	}
}

func TestUnitsAreHardened(t *testing.T) {
	for _, unit := range units {
		if filepath.Ext(unit) != ".service" {
			continue
		}
		out, err := tooltest.Run(t, filepath.Dir(unit), "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", "./"+filepath.Base(unit))
		lines := strings.Split(strings.TrimSpace(out), "\n")
		t.Log(lines[len(lines)-1])
		if err != nil {
			t.Errorf("%s: %v\n%s", unit, err, out)
		}
	}
}

// The shipped steps install what systemd accepts, and remove it again.
func TestInstallAndUninstall(t *testing.T) {
	root := t.TempDir()
	t.Setenv("DESTDIR", root)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	install := func() {
		t.Helper()
		if out, err := tooltest.Run(t, systemdDir, "sh", "install.sh", program); err != nil {
			t.Fatalf("install: %v\n%s", err, out)
		}
	}
	install()
	for path, want := range map[string]fs.FileMode{
		"usr/local/bin/workdrift": 0o755, "usr/local/lib/workdrift/backup.sh": 0o755,
		"etc/workdrift/config.yaml": 0o644, "etc/workdrift/secrets": fs.ModeDir | 0o700,
		"etc/systemd/system/workdrift.service": 0o644,
	} {
		if info, err := os.Stat(filepath.Join(root, path)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, want %v: %v", path, info, want, err)
		}
	}
	t.Run("verify", func(t *testing.T) { acceptUnits(t, root) })

	mine := filepath.Join(root, "etc/workdrift/config.yaml")
	write(t, mine, "# mine\n")
	install()
	if read(t, mine) != "# mine\n" {
		t.Error("an upgrade replaces the configuration")
	}
	for _, step := range []struct {
		args []string
		left []string
	}{{nil, []string{"etc/workdrift/config.yaml"}}, {[]string{"--purge"}, nil}} {
		if out, err := tooltest.Run(t, systemdDir, append([]string{"sh", "uninstall.sh"}, step.args...)...); err != nil {
			t.Fatalf("uninstall: %v\n%s", err, out)
		}
		if left := files(t, root); !slices.Equal(left, step.left) {
			t.Errorf("uninstall %v leaves %v, want %v", step.args, left, step.left)
		}
	}
	for _, wrong := range [][]string{{"sh", "install.sh"}, {"sh", "install.sh", "/no/such/file"}, {"sh", "uninstall.sh", "--all"}} {
		if out, err := tooltest.Run(t, systemdDir, wrong...); err == nil || !strings.Contains(out, "usage") {
			t.Errorf("%v: %v %s", wrong, err, out)
		}
	}
}

// acceptUnits lets systemd verify the installed units, whose programs it looks for.
func acceptUnits(t *testing.T, root string) {
	dir := t.TempDir()
	command := []string{"systemd-analyze", "verify", "--man=no"}
	for _, unit := range units {
		name := filepath.Base(unit)
		text := strings.ReplaceAll(read(t, filepath.Join(root, "etc/systemd/system", name)), "/usr/local/", root+"/usr/local/")
		write(t, filepath.Join(dir, name), text)
		command = append(command, name)
	}
	out, err := tooltest.Run(t, dir, command...)
	if err != nil || strings.Contains(out, "workdrift") {
		t.Errorf("%v\n%s", err, out)
	}
	// It would say so if something were wrong.
	write(t, filepath.Join(dir, "workdrift.service"), read(t, units[0])+"\n[Service]\nRestartSecs=5s\n")
	if out, _ := tooltest.Run(t, dir, command...); !strings.Contains(out, "RestartSecs") {
		t.Errorf("a bogus key goes unnoticed: %s", out)
	}
}

// systemd accepts the unit with each drop-in that its README shows, which weakens
// it little, and what the README configures beside is what the drop-in allows.
func TestDropInsOfTheReadme(t *testing.T) {
	readme, dir := read(t, filepath.Join(systemdDir, "README.md")), t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "workdrift.service"), strings.ReplaceAll(read(t, units[0]), "/usr/local/bin/workdrift", program))
	override := filepath.Join(dir, "workdrift.service.d", "override.conf")
	if err := os.Mkdir(filepath.Dir(override), 0o700); err != nil {
		t.Fatal(err)
	}
	verify := []string{"systemd-analyze", "verify", "--man=no", "./workdrift.service"}
	blocks := regexp.MustCompile("(?s)```ini\n(# systemctl edit workdrift\n.*?)```\n\n```yaml\n(.*?)```").FindAllStringSubmatch(readme, -1)
	for _, block := range blocks {
		write(t, override, block[1])
		if out, err := tooltest.Run(t, dir, verify...); err != nil || strings.Contains(out, "workdrift") {
			t.Errorf("%v\n%s with\n%s", err, out, block[1])
		}
		if out, err := tooltest.Run(t, dir, "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", "./workdrift.service"); err != nil {
			t.Errorf("%v\n%s with\n%s", err, out, block[1])
		}
		for _, allowed := range regexp.MustCompile(`(?m)^(?:ReadWritePaths=|LoadCredential=)([^:\n]+)`).FindAllStringSubmatch(block[1], -1) {
			if !strings.Contains(block[2], allowed[1]+"\n") {
				t.Errorf("the configuration does not use %s:\n%s", allowed[1], block[2])
			}
		}
	}
	if len(blocks) != 2 || !strings.Contains(readme, "-g leads /srv/briefs\n") {
		t.Errorf("%d drop-ins, or another directory", len(blocks))
	}
	write(t, override, "[Service]\nReadWritePath=/srv/briefs\n")
	if out, _ := tooltest.Run(t, dir, verify...); !strings.Contains(out, "ReadWritePath") {
		t.Errorf("a bogus key goes unnoticed: %s", out)
	}
}

// files lists the regular files below a directory.
func files(t *testing.T, root string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			path, err = filepath.Rel(root, path)
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The configuration to begin with is right, and reads what the unit provides.
func TestInstalledConfiguration(t *testing.T) {
	text, unit := read(t, filepath.Join(systemdDir, "config.yaml")), read(t, units[0])
	dir := t.TempDir()
	named := regexp.MustCompile(`/run/credentials/workdrift\.service/([a-z-]+)`).FindAllStringSubmatch(text, -1)
	if len(named) == 0 {
		t.Error("it names no credential")
	}
	for _, name := range named {
		if !strings.Contains(unit, "\nLoadCredential="+name[1]+":/etc/workdrift/secrets/"+name[1]+"\n") {
			t.Errorf("the unit does not load %s", name[1])
		}
		write(t, filepath.Join(dir, name[1]), "a-token")
	}
	path := filepath.Join(dir, "config.yaml")
	write(t, path, strings.ReplaceAll(text, "/run/credentials/workdrift.service", dir))
	if stdout, stderr, code := workdrift(t, "check", path); code != 0 || strings.Contains(stdout, "warning") {
		t.Errorf("%d %s%s", code, stdout, stderr)
	}
	cfg, err := config.Load(path)
	if err != nil || cfg.Storage.Directory != "/var/lib/workdrift" || !strings.Contains(unit, "\nStateDirectory=workdrift\n") {
		t.Errorf("the storage directory is not that of the unit: %v %v", cfg, err)
	}
}

// What the unit forbids to call is nothing that a working daemon calls, nor git,
// which it starts.
func TestUnitAllowsWhatTheDaemonCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	strace, allowed := tooltest.Need(t, "strace"), allowedCalls(t)
	tooltest.Need(t, "git")
	dir := t.TempDir()
	clone := filepath.Join(dir, "clone")
	for _, command := range [][]string{{"init", "-q", clone}, {"-C", clone, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "begin"}} {
		if out, err := exec.CommandContext(t.Context(), "git", command...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", command, err, out)
		}
	}
	path := newCompany(t, 1).config(t, dir, loopback)
	write(t, path, strings.Replace(read(t, path), "connectors:\n", "connectors:\n  clone: {type: git, interval: 1s, path: clone}\n", 1))
	manager, trace := listenForService(t), filepath.Join(dir, "trace")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-e", "signal=none", "-o", trace, program, "serve", "--config", path)
	cmd.Env = append(os.Environ(), asProgram+"=1", "NOTIFY_SOCKET="+manager.path, "WATCHDOG_USEC=1000000")
	stderr := newOutput()
	cmd.Stdout, cmd.Stderr = stderr, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer killTraced(cmd.Process)
	url := "http://" + stderr.await(t, `msg=listening for=web address=(\S+)`)[1]
	polled := func() bool {
		code, _ := request(t, client, "GET", url+"/-/ready")
		return code == 200 && !regexp.MustCompile(`(?m)^workdrift_connector_last_success_timestamp_seconds\S+ 0$`).MatchString(get(t, url+"/metrics"))
	}
	// Signs of life are the beat at which it is looked at.
	for manager.next(t) != "WATCHDOG=1" || !polled() {
	}
	if _, out, code := workdrift(t, "backup", filepath.Join(dir, "copy.db"), "--config", path); code != 0 {
		t.Errorf("backup: %s", out)
	}
	for _, pid := range childrenOf(cmd.Process) {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, stderr)
	}
	called := map[string]bool{}
	for _, call := range regexp.MustCompile(`(?m)^\d+ +([a-z_0-9]+)\(`).FindAllStringSubmatch(read(t, trace), -1) {
		called[call[1]] = true
	}
	if len(called) < 40 || !called["fdatasync"] || !called["execve"] {
		t.Fatalf("the trace is not that of a working daemon: %v", called)
	}
	for call := range called {
		if !allowed[call] {
			t.Errorf("the unit forbids %s, which the daemon calls", call)
		}
	}
	t.Logf("%d different system calls, all allowed", len(called))
}

// allowedCalls is what the unit's SystemCallFilter lines let through.
func allowedCalls(t *testing.T) map[string]bool {
	t.Helper()
	out, err := tooltest.Run(t, ".", "systemd-analyze", "syscall-filter", "--no-pager")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sets, set := map[string][]string{}, ""
	for scanner := bufio.NewScanner(strings.NewReader(out)); scanner.Scan(); {
		switch line := scanner.Text(); {
		case strings.HasPrefix(line, "@"):
			set = line
		case strings.HasPrefix(line, "    ") && !strings.Contains(line, "#"):
			sets[set] = append(sets[set], strings.TrimSpace(line))
		}
	}
	allowed := map[string]bool{}
	var mark func(name string, to bool)
	mark = func(name string, to bool) {
		if !strings.HasPrefix(name, "@") {
			allowed[name] = to
		}
		for _, member := range sets[name] {
			mark(member, to)
		}
	}
	for _, filter := range regexp.MustCompile(`(?m)^SystemCallFilter=(~?)(.*)$`).FindAllStringSubmatch(read(t, units[0]), -1) {
		for _, name := range strings.Fields(filter[2]) {
			mark(name, filter[1] == "")
		}
	}
	if !allowed["openat"] || allowed["mount"] || allowed["chown"] {
		t.Fatalf("the filters were not understood: %d calls", len(allowed))
	}
	return allowed
}
