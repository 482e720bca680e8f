package apiserver

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// RunControllers starts the controllers of the release, which make pods of Deployments and keep account of quotas, and waits until
// they work. Each has the account that it has in a cluster, so that policies see who asks. There is no kubelet: what would take
// nodes for lost does not run.
func (s *Server) RunControllers(ctx context.Context, b *build.Builder, release string) error {
	kubernetes, err := b.Binaries(ctx, build.Kubernetes(release), "kube-controller-manager")
	if err != nil {
		return err
	}
	kubeconfig, err := s.Kubeconfig(s.base)
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "controllers.conf")
	if err := os.WriteFile(file, kubeconfig, 0o600); err != nil {
		return err
	}
	s.controllers, err = run(filepath.Join(kubernetes, "kube-controller-manager"), "--kubeconfig", file, "--leader-elect=false", "--secure-port=0",
		"--use-service-account-credentials", "--service-account-private-key-file", filepath.Join(s.dir, "sa.key"),
		"--root-ca-file", filepath.Join(s.dir, "certs/apiserver.crt"), "--controllers=*,-node-lifecycle-controller")
	if err != nil {
		return err
	}
	// The first thing that every namespace gets.
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		_, err := s.do(ctx, request{method: http.MethodGet, path: "/api/v1/namespaces/default/serviceaccounts/default"})
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case s.controllers.ended() || time.Now().After(end):
			return fmt.Errorf("the controllers do not work: %w\n%s", err, s.controllers.tail())
		}
	}
}
