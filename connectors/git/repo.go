package git

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// A repository is what is known about the repository for one fetch.
type repository struct {
	path, ceiling string
	gitDir        string // of this worktree
	commonDir     string // of all worktrees
	bare          bool
	shallow       map[string]bool // commits at which a shallow clone ends, nil for full clones
	partial       bool            // file contents are not here
	origin        string          // address of the remote, "" when there is none
	originFetch   bool            // the remote says what to fetch
	ownBranches   bool            // what is fetched is not kept apart from local branches
	initBranch    string          // init.defaultBranch

	name string // of items and keys
	refs string // the name as package refs wants it
	web  string // where commits can be looked at, "" when not known
}

// open looks at the repository. It reads no history.
func open(ctx context.Context, cfg Config) (*repository, error) {
	path, err := filepath.EvalSymlinks(cfg.Path)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Stat(path); err == nil && !info.IsDir() {
			err = errors.New("not a directory")
		}
	}
	if err != nil {
		reason := connectors.ReasonNetwork
		if errors.Is(err, fs.ErrPermission) {
			reason = connectors.ReasonAuth
		}
		return nil, &connectors.Error{Reason: reason, Err: fmt.Errorf("open the repository %s: %w", cfg.Path, err)}
	}
	r := &repository{path: path, ceiling: filepath.Dir(path)}
	out, err := r.run(ctx, "rev-parse", "--absolute-git-dir", "--git-common-dir", "--is-bare-repository", "--is-shallow-repository")
	if err != nil {
		return nil, err
	}
	lines := strings.Split(out, "\n")
	if len(lines) != 4 {
		return nil, fmt.Errorf("git rev-parse printed %d lines instead of 4", len(lines))
	}
	r.gitDir, r.commonDir, r.bare = lines[0], lines[1], lines[2] == "true"
	if !filepath.IsAbs(r.commonDir) {
		r.commonDir = filepath.Join(path, r.commonDir)
	}
	if lines[3] == "true" {
		if err := r.readShallow(); err != nil {
			return nil, err
		}
	}
	if err := r.readConfig(ctx); err != nil {
		return nil, err
	}
	r.setName(cfg.Repo)
	return r, nil
}

func (r *repository) readShallow() error {
	raw, err := os.ReadFile(filepath.Join(r.commonDir, "shallow"))
	if err != nil {
		return fmt.Errorf("read where the shallow clone ends: %w", err)
	}
	r.shallow = map[string]bool{}
	for sha := range strings.FieldsSeq(string(raw)) {
		r.shallow[sha] = true
	}
	return nil
}

// shallowDigest changes when a shallow clone is deepened.
func (r *repository) shallowDigest() string {
	if r.shallow == nil {
		return ""
	}
	var shas []string
	for sha := range r.shallow {
		shas = append(shas, sha)
	}
	sort.Strings(shas)
	sum := sha256.Sum256([]byte(strings.Join(shas, "\n")))
	return hex.EncodeToString(sum[:6])
}

func (r *repository) readConfig(ctx context.Context) error {
	out, err := r.run(ctx, "config", "-z", "--get-regexp", `^(remote\..*\.(url|fetch|promisor)|extensions\.partialclone|init\.defaultbranch)$`)
	if err != nil && !silent(err) {
		return err
	}
	for entry := range strings.SplitSeq(out, "\x00") {
		key, value, _ := strings.Cut(entry, "\n")
		switch {
		case key == "remote.origin.url" && r.origin == "":
			r.origin = value
		case key == "remote.origin.fetch":
			r.originFetch = true
			_, into, _ := strings.Cut(value, ":")
			r.ownBranches = r.ownBranches || !strings.HasPrefix(into, "refs/remotes/")
		case key == "extensions.partialclone", strings.HasSuffix(key, ".promisor") && value != "false":
			r.partial = true
		case key == "init.defaultbranch":
			r.initBranch = value
		}
	}
	return nil
}

// setName decides what the repository is called.
func (r *repository) setName(configured string) {
	host, name := remoteName(r.origin)
	if name != "" {
		r.name, r.web = name, "https://"+host+"/"+name+"/commit/"
	}
	if configured != "" {
		r.name = configured
		if h, rest, ok := strings.Cut(configured, "/"); ok && strings.Contains(h, ".") && strings.Count(rest, "/") == 1 {
			host, r.name = h, rest
		}
	}
	if r.name == "" {
		base := filepath.Base(r.path)
		if base == ".git" {
			base = filepath.Base(filepath.Dir(r.path))
		}
		base = strings.TrimSuffix(base, ".git")
		r.name = connectors.Printable(strings.ToValidUTF8(base, "\uFFFD"))
	}
	if strings.Count(r.name, "/") == 1 {
		r.refs = r.name
		if host != "" && host != "github.com" {
			r.refs = host + "/" + r.name
		}
	}
}

// remoteName takes host and owner/name from an address of GitHub's form, with
// any host: https://host/owner/name.git, ssh://git@host/owner/name,
// git@host:owner/name.git.
func remoteName(address string) (host, name string) {
	var path string
	if u, err := url.Parse(address); err == nil && u.Host != "" && u.Scheme != "file" {
		host, path = u.Hostname(), u.Path
	} else if before, after, ok := strings.Cut(address, ":"); ok && !strings.Contains(address, "://") && !strings.Contains(before, "/") {
		_, host, ok = strings.Cut(before, "@")
		if !ok {
			host = before
		}
		path = after
	}
	name = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	owner, repo, ok := strings.Cut(name, "/")
	if !ok || owner == "" || repo == "" || strings.Contains(repo, "/") || !strings.Contains(host, ".") || strings.ContainsAny(name, " \t\n#@~") {
		return "", ""
	}
	host = strings.ToLower(host)
	return strings.TrimPrefix(host, "ssh."), name
}

// tip returns the head of the branch to read, "" for a repository without
// commits.
func (r *repository) tip(ctx context.Context, branch string) (string, error) {
	const remote, local = "refs/remotes/origin/", "refs/heads/"
	names := []string{branch}
	if branch == "" {
		names = []string{"HEAD"}
		if r.initBranch != "" && !r.bare {
			names = append(names, r.initBranch)
		}
	}
	args := []string{"for-each-ref", "--format=%(refname) %(objectname)"}
	var wanted []string
	for _, n := range names {
		wanted = append(wanted, remote+n)
		if n != "HEAD" {
			wanted = append(wanted, local+n)
		}
	}
	out, err := r.run(ctx, append(args, wanted...)...)
	if err != nil {
		return "", err
	}
	found := map[string]string{}
	for line := range strings.SplitSeq(out, "\n") {
		name, sha, _ := strings.Cut(line, " ")
		found[name] = sha
	}
	for _, name := range wanted {
		if sha := found[name]; sha != "" {
			return sha, nil
		}
	}
	if branch != "" {
		any, err := r.run(ctx, "for-each-ref", "--count=1", "--format=%(refname)")
		if err != nil || any == "" {
			return "", err
		}
		return "", fmt.Errorf("there is no branch %q", branch)
	}
	// Without asking for a commit: one that is missing must not look like a
	// branch without commits.
	sha, err := r.run(ctx, "rev-parse", "--verify", "--quiet", "HEAD")
	if silent(err) {
		return "", r.unborn(ctx)
	}
	return sha, err
}

// unborn returns an error when the branch that HEAD names is there after all,
// but cannot be read.
func (r *repository) unborn(ctx context.Context) error {
	ref, err := r.run(ctx, "symbolic-ref", "--quiet", "HEAD")
	if err != nil {
		return fmt.Errorf("find the branch of HEAD: %w", err)
	}
	if _, err := os.Stat(filepath.Join(r.commonDir, filepath.FromSlash(ref))); err == nil {
		return fmt.Errorf("the branch %q is damaged", ref)
	}
	return nil
}

// updated returns when the clone last asked its remote, the zero time when
// nothing tells. A clone that never fetched is as old as what only cloning
// writes.
func (r *repository) updated() time.Time {
	for _, path := range []string{
		filepath.Join(r.gitDir, "FETCH_HEAD"),
		filepath.Join(r.commonDir, "refs", "remotes", "origin", "HEAD"),
		filepath.Join(r.commonDir, "HEAD"),
	} {
		if info, err := os.Stat(path); err == nil {
			return info.ModTime().UTC().Truncate(time.Second)
		}
	}
	return time.Time{}
}

// has reports whether a commit is in the repository.
func (r *repository) has(ctx context.Context, sha string) (bool, error) {
	if sha == "" {
		return false, nil
	}
	return said(r.run(ctx, "cat-file", "-e", sha))
}

// said turns the outcome of a command that answers by its exit code into an
// answer.
func said(_ string, err error) (bool, error) {
	if silent(err) {
		return false, nil
	}
	return err == nil, err
}

func (r *repository) isAncestor(ctx context.Context, old, now string) (bool, error) {
	return said(r.run(ctx, "merge-base", "--is-ancestor", old, now))
}

// haveBase reports whether two commits have a common ancestor.
func (r *repository) haveBase(ctx context.Context, a, b string) (bool, error) {
	return said(r.run(ctx, "merge-base", a, b))
}

// eachRev calls yield with each commit that the revisions select and its
// commit time in seconds, oldest first, parents before children.
func (r *repository) eachRev(ctx context.Context, revisions []string, yield func(sha string, at int64)) error {
	args := append([]string{"rev-list", "--reverse", "--date-order", "--timestamp"}, revisions...)
	return r.stream(ctx, nil, func(in *bufio.Reader) error {
		for {
			line, err := in.ReadString('\n')
			if err == io.EOF && line == "" {
				return nil
			}
			if err != nil && err != io.EOF {
				return err
			}
			stamp, sha, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			at, bad := strconv.ParseInt(stamp, 10, 64)
			if bad != nil || sha == "" || !isObject(sha) {
				return errors.New("a line is not a time and a commit")
			}
			yield(sha, at)
		}
	}, append(args, "--")...)
}
