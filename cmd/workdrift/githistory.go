package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
)

// A gitHistory is how the files of a configuration were in a git repository.
// Only the first parents of merges count: what was written on a branch could be
// acted on once it was merged, and two branches side by side would look like
// edits that take each other back.
type gitHistory struct {
	root string // of the working tree, without symbolic links
	// file is followed through renames: the configuration, or objectives_file
	// where the configuration itself is in no repository. Both are absolute.
	file, config string
	inside       bool              // the configuration is in the repository
	names        map[string]string // of file, relative to root, by the commit that gave it
}

// A commitOf is a commit that touched the configuration.
type commitOf struct {
	sha  string
	at   time.Time // never before that of the commit before
	name string    // of gitHistory.file, relative to root
}

// historyOf finds the repository of a configuration.
func historyOf(ctx context.Context, cfg *config.Config) (*gitHistory, error) {
	h := &gitHistory{}
	var err error
	if h.config, err = realPath(cfg.Path); err != nil {
		return nil, err
	}
	objectives := cfg.ObjectivesFile()
	if objectives != "" {
		if objectives, err = realPath(objectives); err != nil {
			return nil, err
		}
	}
	err = h.follow(ctx, h.config)
	if h.inside = err == nil; h.inside || objectives == "" {
		return h, err
	}
	return h, h.follow(ctx, objectives)
}

// follow finds the repository of a file, and what it was called in which commit.
func (h *gitHistory) follow(ctx context.Context, file string) error {
	h.file, h.names = file, make(map[string]string)
	top, err := runGit(ctx, filepath.Dir(file), "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	h.root = strings.TrimSpace(string(top))
	out, err := runGit(ctx, h.root, "--literal-pathspecs", "-c", "core.quotePath=false", "log", "--first-parent", "-m", "--follow", "--name-status", "--format=commit %H", "--", file)
	if err != nil {
		return err
	}
	sha := ""
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if commit, ok := strings.CutPrefix(fields[0], "commit "); ok && len(fields) == 1 {
			sha = commit
		} else if len(fields) > 1 && fields[0] != "D" {
			h.names[sha] = fields[len(fields)-1]
		}
	}
	if len(h.names) == 0 {
		return fmt.Errorf("%s was never committed", file)
	}
	return nil
}

// commits lists the commits that touched any of the paths, relative to the root,
// or the file under any of its names, oldest first. Those before the file was
// there are left out.
func (h *gitHistory) commits(ctx context.Context, paths []string) ([]commitOf, error) {
	args := []string{"--literal-pathspecs", "log", "--first-parent", "--reverse", "--format=%H %ct", "--"}
	for _, name := range h.names {
		args = append(args, name)
	}
	slices.Sort(args[len(args)-len(h.names):])
	out, err := runGit(ctx, h.root, append(args, paths...)...)
	if err != nil {
		return nil, err
	}
	var commits []commitOf
	var last commitOf
	for line := range strings.Lines(string(out)) {
		sha, seconds, _ := strings.Cut(strings.TrimSpace(line), " ")
		unix, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("git log answered %q", line)
		}
		last.sha = sha
		if at := time.Unix(unix, 0).UTC(); at.After(last.at) {
			last.at = at
		}
		if name, ok := h.names[sha]; ok {
			last.name = name
		}
		if last.name != "" {
			commits = append(commits, last)
		}
	}
	return commits, nil
}

// errNotInGit is what loading answers where no commit holds the objectives.
var errNotInGit = errors.New("the objectives are not in the repository")

// load reads the configuration as it was in a commit, and lists the other files
// of the repository that it read for that, relative to the root. What declares
// nothing, such as a web_config_file, may be one of today.
func (h *gitHistory) load(ctx context.Context, c commitOf) (cfg *config.Config, read []string, err error) {
	path := h.config
	if h.inside {
		path = filepath.Join(h.root, filepath.FromSlash(c.name))
	}
	today := make(map[string]bool)
	cfg, err = config.LoadFrom(path, func(asked string) ([]byte, error) {
		name, ok := h.within(asked)
		switch {
		case asked == path && !h.inside:
			return os.ReadFile(asked)
		case !ok:
			today[asked] = true
			return os.ReadFile(asked)
		case !h.inside && filepath.Join(h.root, filepath.FromSlash(name)) == h.file:
			name = c.name // the configuration of today knows no other
		case name != c.name:
			read = append(read, name)
		}
		raw, err := runGit(ctx, h.root, "show", c.sha+":"+name)
		if err != nil && asked != path {
			today[asked] = true
			return os.ReadFile(asked)
		}
		return raw, err
	})
	if err == nil && today[cfg.ObjectivesFile()] {
		return nil, read, errNotInGit
	}
	return cfg, read, err
}

// within returns the name in the repository of a file, which need not exist
// today.
func (h *gitHistory) within(path string) (string, bool) {
	if real, err := realPath(path); err == nil {
		path = real
	}
	name, err := filepath.Rel(h.root, path)
	if err != nil || !filepath.IsLocal(name) {
		return "", false
	}
	return filepath.ToSlash(name), true
}

// realPath returns a path without symbolic links in its folders.
func realPath(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(full))
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	return filepath.Join(dir, filepath.Base(full)), nil
}

// runGit runs a command of git that only reads.
func runGit(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--no-pager", "-c", "core.fsmonitor=false"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0")
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("git: %s", strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return nil, fmt.Errorf("run git: %w", err)
	}
	return out, nil
}
