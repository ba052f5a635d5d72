package release

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/workdrift/workdrift/internal/tooltest"
)

// An image is what the last stage of the Containerfile says of one.
type image struct {
	copied     map[string]string // to which path from which of the stage before
	environ    []string
	user       int
	entrypoint []string
}

func readImage(t *testing.T) *image {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy/container/Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	_, stage, ok := strings.Cut(string(text), "\nFROM scratch\n")
	if !ok {
		t.Fatal("the image is not made from scratch")
	}
	im := &image{copied: map[string]string{}}
	for _, m := range regexp.MustCompile(`(?m)^COPY --from=build (?:--chown=65532:65532 )?(\S+) (\S+)$`).FindAllStringSubmatch(stage, -1) {
		im.copied[m[2]] = m[1]
	}
	for _, m := range regexp.MustCompile(`(?m)^(ENV|USER|ENTRYPOINT) (.*)$`).FindAllStringSubmatch(stage, -1) {
		switch m[1] {
		case "ENV":
			im.environ = append(im.environ, m[2])
		case "USER":
			uid, _, _ := strings.Cut(m[2], ":")
			im.user, err = strconv.Atoi(uid)
		case "ENTRYPOINT":
			err = json.Unmarshal([]byte(m[2]), &im.entrypoint)
		}
		if err != nil {
			t.Fatalf("%s: %v", m[0], err)
		}
	}
	return im
}

// populate makes the image's root, owned by who runs the test. Where that is root
// it is closed to the image's user, but for what is that user's.
func (im *image) populate(t *testing.T, dir, program string) {
	t.Helper()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for to, from := range im.copied {
		path := filepath.Join(dir, to)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch from {
		case "/out/workdrift":
			err = errors.Join(err, copyFile(path, program, 0o755))
		case "/usr/local/go/lib/time/zoneinfo.zip":
			goroot := strings.TrimSpace(run(t, ".", nil, "go", "env", "GOROOT"))
			err = errors.Join(err, copyFile(path, filepath.Join(goroot, "lib/time/zoneinfo.zip"), 0o644))
		case "/etc/ssl/certs/ca-certificates.crt": // which no step of the test needs
			err = errors.Join(err, os.WriteFile(path, nil, 0o644))
		case "/out/state", "/out/tmp":
			err = errors.Join(err, os.Mkdir(path, 0o700))
			if os.Geteuid() == 0 { // or else whoever runs the test is the image's user
				err = errors.Join(err, os.Chown(path, im.user, im.user))
			}
		default:
			t.Errorf("the test does not know %s", from)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func copyFile(to, from string, mode fs.FileMode) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, mode)
}

// confined is how a program is run in the image's root as the image's user. Who is
// not root may be so in a name space of its own, where that user is the only one:
// it is who runs the test, under the image's number.
func (im *image) confined(dir string) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Chroot: dir}
	if os.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: uint32(im.user), Gid: uint32(im.user)}
		return attr
	}
	attr.Cloneflags = syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: im.user, HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: im.user, HostID: os.Getegid(), Size: 1}}
	return attr
}

// checkImage runs the program in what the Containerfile makes, as the user that
// it names, without an engine: in that root and with nothing else of the machine.
func checkImage(t *testing.T, program string) {
	im, dir := readImage(t), t.TempDir()
	im.populate(t, dir, program)
	for _, args := range [][]string{{"version"}, {"demo", "--once"}} {
		cmd := exec.CommandContext(t.Context(), im.entrypoint[0], append(im.entrypoint[1:], args...)...)
		cmd.Dir, cmd.Env = "/", im.environ
		cmd.SysProcAttr = im.confined(dir)
		out, err := cmd.CombinedOutput()
		if os.Geteuid() != 0 && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOSPC)) {
			tooltest.Without(t, "who is not root gets no name space of users here: "+err.Error())
		}
		if err != nil {
			t.Fatalf("%v in the image: %v\n%s", args, err, out)
		}
		if args[0] == "demo" && !strings.Contains(string(out), "As of ") {
			t.Errorf("the demo in the image says\n%s", out)
		}
	}
}
