package git

import (
	"context"
	"fmt"
	"strings"
)

// fetch updates the clone from its remote. When no branch is named it also
// follows the remote's default branch, which may have got another name.
func (r *repository) fetch(ctx context.Context, branch string) error {
	if r.origin == "" {
		return fmt.Errorf("fetch is on, but the repository has no remote origin")
	}
	args := []string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-gc"}
	if r.originFetch && !r.ownBranches {
		// A branch that is gone can be in the way of a new one's name. Where
		// branches are not kept apart, somebody's own would go as well.
		args = append(args, "--prune", "--no-prune-tags")
	}
	args = append(args, "origin")
	if !r.originFetch {
		// A bare clone is not told what to update.
		args = append(args, "+refs/heads/*:refs/heads/*")
	}
	if _, err := r.run(ctx, args...); err != nil || branch != "" {
		return err
	}
	return r.follow(ctx)
}

// follow makes the clone's default branch that of the remote. It does by
// itself what "git remote set-head --auto" does, because that knows nothing of
// bare clones. A remote that names no branch leaves the clone as it is.
func (r *repository) follow(ctx context.Context) error {
	const remote, local = "refs/remotes/origin/", "refs/heads/"
	out, err := r.run(ctx, "ls-remote", "--symref", "origin", "HEAD")
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(out, "\n")
	name, ok := strings.CutPrefix(strings.TrimSuffix(first, "\tHEAD"), "ref: "+local)
	if !ok || name == "" {
		return nil
	}
	there, err := r.run(ctx, "for-each-ref", "--format=%(refname)", remote+name, local+name)
	if err != nil {
		return err
	}
	for ref := range strings.SplitSeq(there, "\n") {
		switch {
		case ref == remote+name:
			_, err := r.run(ctx, "symbolic-ref", remote+"HEAD", ref)
			return err
		case ref == local+name && r.bare && (r.ownBranches || !r.originFetch):
			_, err := r.run(ctx, "symbolic-ref", "HEAD", ref)
			return err
		}
	}
	return fmt.Errorf("the remote's default branch %q is not among those that are fetched: name the branch to read", name)
}
