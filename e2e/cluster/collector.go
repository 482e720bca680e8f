package cluster

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// collected is where the collector keeps what it receives.
const collected = "/var/log/collected"

// Collect starts a log collector on the machine: it takes audit records at the address for whoever has the token. The
// certificate is for the host name and signs itself.
func Collect(ctx context.Context, m *lab.Machine, probe, host, address, token string) (authority []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var certificate, secret bytes.Buffer
	if err := pem.Encode(&certificate, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
		return nil, err
	}
	if err := pem.Encode(&secret, &pem.Block{Type: "PRIVATE KEY", Bytes: private}); err != nil {
		return nil, err
	}
	if err := m.Copy(ctx, probe, "/usr/local/bin/probe"); err != nil {
		return nil, err
	}
	if err := m.Write(ctx, "/etc/collector/tls.crt", 0o600, certificate.Bytes()); err != nil {
		return nil, err
	}
	if err := m.Write(ctx, "/etc/collector/tls.key", 0o600, secret.Bytes()); err != nil {
		return nil, err
	}
	_, err = m.Run(ctx, "sh", "-c", `setsid probe collect "$@" </dev/null >/var/log/collector.log 2>&1 &`, "sh",
		address, "/etc/collector/tls.crt", "/etc/collector/tls.key", token, collected)
	return certificate.Bytes(), err
}

// Collected is what the collector on the machine has received.
func Collected(ctx context.Context, m *lab.Machine) (string, error) {
	return m.Run(ctx, "cat", collected)
}
