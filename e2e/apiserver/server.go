// Package apiserver runs a real API server with its etcd, and the controllers if they are asked for, but no node. That is
// enough to ask what the server takes, what its authorizer allows, and which pods are made, for trees of any size. It needs
// neither root nor a network.
package apiserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// Server is one API server, on an address of the loopback.
type Server struct {
	base, token string
	dir         string
	authority   []byte // PEM of the certificate that the server made for itself
	client      *http.Client
	etcd, api   *process
	// controllers is nil unless they were asked for.
	controllers *process
	kinds       map[kind]resource
}

// patience is how long a program has to start on a busy machine.
const patience = 2 * time.Minute

// Start runs a release of Kubernetes, such as v1.36.4, in an empty directory. Its authorizer is RBAC and its admission plugins
// are those of the release, unless further flags say otherwise. Close ends it.
func Start(ctx context.Context, b *build.Builder, release, dir string, flags ...string) (*Server, error) {
	kubernetes, err := b.Binaries(ctx, build.Kubernetes(release), "kube-apiserver")
	if err != nil {
		return nil, err
	}
	etcd, err := b.Binaries(ctx, build.Etcd(), "etcd")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	s := &Server{base: "https://" + ports[2], token: rand.Text(), dir: dir}
	file := func(name string) string { return filepath.Join(dir, name) }
	err = errors.Join(
		os.WriteFile(file("sa.key"), pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), 0o600),
		os.WriteFile(file("tokens.csv"), fmt.Appendf(nil, "%s,kubernetes-admin,kubernetes-admin,\"kubeadm:cluster-admins,system:masters\"\n", s.token), 0o600))
	if err != nil {
		return nil, err
	}
	client, peer := "http://"+ports[0], "http://"+ports[1]
	s.etcd, err = run(filepath.Join(etcd, "etcd"), "--data-dir", file("etcd"), "--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(ports[2])
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.api, err = run(filepath.Join(kubernetes, "kube-apiserver"), append([]string{
		"--etcd-servers", client, "--bind-address", "127.0.0.1", "--secure-port", port,
		"--cert-dir", file("certs"), "--token-auth-file", file("tokens.csv"), "--authorization-mode", "RBAC",
		"--service-account-issuer", "https://example.invalid", "--service-account-key-file", file("sa.key"), "--service-account-signing-key-file", file("sa.key"),
		"--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged"}, flags...)...)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.ready(ctx, file("certs/apiserver.crt")); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ready waits until the server answers with the certificate that it made for itself.
func (s *Server) ready(ctx context.Context, certificate string) error {
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		err := s.trust(certificate)
		if err == nil {
			_, err = s.do(ctx, request{method: http.MethodGet, path: "/readyz"})
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case s.api.ended() || s.etcd.ended() || time.Now().After(end):
			return fmt.Errorf("the API server does not become ready: %w\n%s\n%s", err, s.api.tail(), s.etcd.tail())
		}
	}
}

func (s *Server) trust(certificate string) error {
	text, err := os.ReadFile(certificate)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s is no certificate", certificate)
	}
	s.authority = text
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: serverName}, MaxIdleConnsPerHost: 8}}
	return nil
}

// serverName is a name in the server's certificate.
const serverName = "kubernetes.default.svc"

// Address is where the server listens, on the loopback.
func (s *Server) Address() string { return strings.TrimPrefix(s.base, "https://") }

// Kubeconfig is the administrator's access for a program that reaches the server under another address, a URL.
func (s *Server) Kubeconfig(server string) ([]byte, error) {
	type object = map[string]any
	return json.Marshal(object{
		"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"clusters": []object{{"name": "test", "cluster": object{"server": server, "tls-server-name": serverName, "certificate-authority-data": s.authority}}},
		"users":    []object{{"name": "test", "user": object{"token": s.token}}},
		"contexts": []object{{"name": "test", "context": object{"cluster": "test", "user": "test"}}},
	})
}

// Close ends the server, its controllers and its etcd.
func (s *Server) Close() error {
	return errors.Join(s.controllers.end(), s.api.end(), s.etcd.end())
}

// freePorts returns addresses of the loopback that nobody listened on a moment ago.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// process is a running program whose output is kept.
type process struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan struct{}
}

// run starts a program that does not outlive its parent, also when that is killed.
func run(program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command("setpriv", append([]string{"--pdeathsig", "KILL", "--", program}, args...)...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // that it was killed is no error
		close(p.done)
	}()
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *process) end() error {
	if p == nil || p.ended() {
		return nil
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.done
	return nil
}

// tail is the end of what the program said, after it is ended.
func (p *process) tail() string {
	if p.end() != nil {
		return ""
	}
	out := p.out.String()
	return out[max(0, len(out)-2000):]
}
