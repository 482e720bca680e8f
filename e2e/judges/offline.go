package judges

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// offline runs a program of the judge's component in a network namespace in which nothing is, not even a loopback that is up, and returns
// what it prints. That it finds something, so that its exit status is not zero, is no error.
func (c *Court) offline(ctx context.Context, stdin []byte, program string, args ...string) ([]byte, error) {
	unshare := []string{"--net", "--", filepath.Join(c.Dir, program)}
	if os.Geteuid() != 0 {
		unshare = append([]string{"--map-root-user"}, unshare...)
	}
	cmd := exec.CommandContext(ctx, "unshare", append(unshare, args...)...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Tree.dir, bytes.NewReader(stdin), &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	// Without output it was not a verdict: unshare failed, or the program did before it judged.
	if out.Len() == 0 {
		return nil, fmt.Errorf("%s printed nothing: %v\n%.2000s", program, err, said.Bytes())
	}
	return out.Bytes(), nil
}
