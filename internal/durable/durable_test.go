package durable

import (
	"os"
	"path/filepath"
	"testing"
)

// Write replaces what is there with the mode that is asked for, and leaves
// nothing else behind, not even when it fails. What a power cut leaves is tested
// with the program, in TestPowerCutAroundABrief of cmd/workdrift.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.md")
	for _, content := range []string{"one", "another"} {
		if err := Write(path, []byte(content), 0o664); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("%q, %v", got, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o664 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	blocked := filepath.Join(dir, "b.md")
	if err := os.Mkdir(blocked, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(blocked, nil, 0o600); err == nil {
		t.Error("a directory was replaced")
	}
	if err := Write(filepath.Join(dir, "none", "c.md"), nil, 0o600); err == nil {
		t.Error("a file was written in no directory")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left are %v, %v", left, err)
	}
	for range 2 {
		if err := MakeDir(filepath.Join(dir, "c", "d"), 0o750); err != nil {
			t.Error(err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "c", "d")); err != nil || info.Mode() != os.ModeDir|0o750 {
		t.Errorf("%v, %v", info, err)
	}
	if err := MakeDir(path, 0o750); err == nil {
		t.Error("a file is a directory")
	}
	if err := Dir(filepath.Join(dir, "none")); err == nil {
		t.Error("the names of no directory are durable")
	}
}
