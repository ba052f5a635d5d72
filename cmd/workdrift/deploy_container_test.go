package main

import (
	"encoding/json"
	"net"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const containerDir = "../../deploy/container"

// instructions reads a Containerfile: each instruction with its arguments.
func instructions(t *testing.T) (list [][]string) {
	t.Helper()
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(read(t, filepath.Join(containerDir, "Containerfile")), "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 0 {
			list = append(list, fields)
		}
	}
	return list
}

// pinned reports whether an image is named by a full version or a digest.
func pinned(image string) bool {
	_, tag, _ := strings.Cut(path.Base(image), ":")
	return regexp.MustCompile(`^v?\d+\.\d+\.\d+|@sha256:[0-9a-f]{64}$`).MatchString(tag)
}

func TestContainerfile(t *testing.T) {
	var bases, users, stages []string
	var entry string
	for _, i := range instructions(t) {
		switch i[0] {
		case "FROM":
			bases = append(bases, i[1])
			if i[1] != "scratch" && !pinned(i[1]) {
				t.Errorf("%s may be another one tomorrow", i[1])
			}
			if len(i) == 4 {
				stages = append(stages, i[3])
			}
			users = nil // those of the last stage count
		case "USER":
			users = append(users, i[1])
		case "ENTRYPOINT", "CMD":
			var args []string
			if err := json.Unmarshal([]byte(strings.Join(i[1:], " ")), &args); err != nil || len(args) == 0 {
				t.Errorf("%v needs a shell: %v", i, err)
			}
			entry += i[0] + strings.Join(args, " ")
		case "COPY":
			checkCopy(t, i[1:], stages)
		case "WORKDIR", "RUN", "LABEL", "ENV", "VOLUME", "EXPOSE":
		default:
			t.Errorf("what is %v for?", i)
		}
	}
	if len(bases) < 2 || !slices.Equal(users, []string{"65532:65532"}) || !strings.Contains(entry, "ENTRYPOINT/workdrift") {
		t.Errorf("bases %v, user %v, command %q", bases, users, entry)
	}
	// The compiler is one that go.mod asks for.
	want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../../go.mod"))[1]
	if !strings.Contains(bases[0], "golang:"+want+".") {
		t.Errorf("it builds with %s, go.mod asks for %s", bases[0], want)
	}
}

// checkCopy looks whether what is copied is there.
func checkCopy(t *testing.T, args, stages []string) {
	t.Helper()
	if strings.HasPrefix(args[0], "--from=") {
		if !slices.Contains(stages, strings.TrimPrefix(args[0], "--from=")) {
			t.Errorf("COPY %v: there is no such stage", args)
		}
		return
	}
	for _, source := range args[:len(args)-1] {
		if _, err := os.Stat(filepath.Join("../..", source)); err != nil {
			t.Errorf("COPY %v: %v", args, err)
		}
	}
}

// A composed service, as far as the file uses the format.
type composed struct {
	Image       string
	Build       struct{ Context, Dockerfile string }
	Command     []string
	NetworkMode string   `yaml:"network_mode"`
	DependsOn   []string `yaml:"depends_on"`
	Environment map[string]string
	Ports       []string
	Volumes     []string
	ReadOnly    bool `yaml:"read_only"`
	Tmpfs       []string
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	Restart     string
}

func TestCompose(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and in other processes")
	}
	var file struct {
		Name     string
		Services map[string]composed
	}
	decoder := yaml.NewDecoder(strings.NewReader(read(t, filepath.Join(containerDir, "compose.yaml"))))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	ports := map[string]bool{}
	for name, s := range file.Services {
		if !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.SecurityOpt) != 1 || !s.ReadOnly && name != "grafana" {
			t.Errorf("%s may do more than it needs", name)
		}
		for _, p := range s.Ports {
			host, port, inside := strings.Split(p, ":")[0], strings.Split(p, ":")[1], strings.Split(p, ":")[2]
			if !net.ParseIP(host).IsLoopback() || port != inside {
				t.Errorf("%s publishes %s", name, p)
			}
			ports[port] = true
		}
		if name == "workdrift" {
			s.checkBuild(t)
			continue
		}
		if !pinned(s.Image) || s.NetworkMode != "service:workdrift" || len(s.Ports) > 0 {
			t.Errorf("%s: image %s, network %s, ports %v", name, s.Image, s.NetworkMode, s.Ports)
		}
		for _, other := range s.DependsOn {
			if _, ok := file.Services[other]; !ok {
				t.Errorf("%s depends on %s", name, other)
			}
		}
		s.checkMounts(t, name)
	}
	if len(file.Services) != 4 || len(ports) != 4 {
		t.Errorf("%d services, ports %v", len(file.Services), ports)
	}
	// What each expects of the others at 127.0.0.1.
	for file, address := range map[string]string{
		"../../deploy/prometheus/scrape.example.yaml":                   `127\.0\.0\.1:(9797)`,
		"../../deploy/container/../prometheus/scrape.example.yaml":      `127\.0\.0\.1:(9093)`,
		"../../deploy/grafana/provisioning/datasources/prometheus.yaml": `127\.0\.0\.1:(9090)`,
	} {
		found := regexp.MustCompile(address).FindStringSubmatch(read(t, file))
		if found == nil || !ports[found[1]] {
			t.Errorf("%s does not look at %s", file, address)
		}
	}
}

func (s composed) checkBuild(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(containerDir, s.Build.Context, s.Build.Dockerfile)); err != nil {
		t.Error(err)
	}
	if !slices.Contains(s.Tmpfs, "/tmp") {
		t.Error("the demo cannot write its database")
	}
	// The command is one, on an address that a published port reaches.
	stdout, stderr, code := workdrift(t, append(slices.Clone(s.Command), "--once", "--dir", filepath.Join(t.TempDir(), "demo"))...)
	if code != 0 || !strings.Contains(stdout, "As of ") {
		t.Errorf("%v: %d %s%s", s.Command, code, stdout, stderr)
	}
}

// checkMounts looks whether what is mounted is there, and what the command
// names is mounted.
func (s composed) checkMounts(t *testing.T, name string) {
	t.Helper()
	inside := map[string]string{}
	for _, v := range s.Volumes {
		parts := strings.Split(v, ":")
		if len(parts) != 3 || parts[2] != "ro" {
			t.Errorf("%s can write to %s", name, v)
			continue
		}
		if list, err := os.ReadDir(filepath.Join(containerDir, parts[0])); err != nil || len(list) == 0 {
			t.Errorf("%s: %s is not there: %v", name, parts[0], err)
		}
		inside[parts[1]] = parts[0]
	}
	for _, arg := range s.Command {
		if file, ok := strings.CutPrefix(arg, "--config.file="); ok {
			if _, err := os.Stat(filepath.Join(containerDir, inside[path.Dir(file)], path.Base(file))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
