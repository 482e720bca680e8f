package model

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Patterns of names. DNS labels and subdomains are those of RFC 1123, as Kubernetes demands them.
var (
	dnsLabel   = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	urlCharset = regexp.MustCompile(`^[A-Za-z0-9._~:/?#\[\]@!&()*+,;=%-]+$`) // RFC 3986 without $ and ', which shells read
)

// Types of the network.
var (
	cidrType     = textType("CIDR", parseCIDR).like("10.0.0.0/24")
	addressType  = textType("IP address", parseAddress).like("10.0.0.10")
	hostPortType = textType("host:port", parseHostPort).like("api.example.com:6443")
	dnsNameType  = textType("DNS name", parseDNSName).like("shop.example.com")
	httpsType    = textType("https URL", parseHTTPS).like("https://git.example.com/platform")
	auditType    = textType(`https URL, or "none"`, parseAuditSink).like("https://logs.example.com:8443/audit")
	backupType   = textType("s3://, gs:// or https:// URL", parseBackupTarget).like("s3://backups-example/etcd")
	kmsType      = textType("unix:// URL of a socket", parseSocketURL).like("unix:///run/kms/socket.sock")
	portNumber   = number(1, 65535)
	wgKeyType    = &Type{Name: "WireGuard public key", shape: scalar, parse: parseWireGuardKey, secret: true}
	ageType      = &Type{Name: "age public key", shape: scalar, parse: parseAgeRecipient, secret: true}
	publicKey    = &Type{Name: "PEM public key", shape: scalar, parse: parsePublicKey, secret: true}
)

func parseCIDR(s string) (netip.Prefix, *problem) {
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil && isAddress(s):
		return p, bad("Invalid CIDR", "%q is one address. Write it with a prefix length, for example %q.", s, hostPrefix(s))
	case err != nil:
		return p, bad("Invalid CIDR", "%q is not a network. Write an address and a prefix length, for example \"10.0.0.0/24\".", s)
	case p.Addr().Is4In6():
		return p, bad("Invalid CIDR", "%q is an IPv4 network written as IPv6. Write it as IPv4.", s)
	case p.Masked() != p:
		return p, bad("Invalid CIDR", "%q has bits beyond its prefix length. Write %q.", s, p.Masked())
	}
	return p, nil
}

func isAddress(s string) bool { _, err := netip.ParseAddr(s); return err == nil }

func hostPrefix(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	return netip.PrefixFrom(a, a.BitLen()).String()
}

func parseAddress(s string) (netip.Addr, *problem) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return netip.Addr{}, bad("Invalid address", "%q is not an IP address such as \"10.0.0.10\" or \"fd00::10\".", s)
	}
	if a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() {
		return netip.Addr{}, bad("Invalid address", "%q is not the address of one machine.", s)
	}
	return a, nil
}

func parseHostPort(s string) (HostPort, *problem) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return HostPort{}, bad("Invalid endpoint", "%q is not a host and a port. Write for example \"api.example.com:6443\".", s)
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
		return HostPort{}, bad("Invalid port", "%q has the port %q. Ports are numbers from 1 to 65535.", s, port)
	}
	if _, p := parseAddress(host); p == nil {
		return HostPort{host, n}, nil
	}
	if _, p := parseDNSName(host); p != nil {
		return HostPort{}, p
	}
	return HostPort{host, n}, nil
}

func parseDNSName(s string) (string, *problem) {
	if len(s) > 253 || s == "" {
		return "", bad("Invalid DNS name", "%q is not a DNS name of at most 253 characters.", s)
	}
	if _, rest, ok := strings.Cut(s, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		host, _, _ = strings.Cut(host, ":")
		return "", bad("Invalid DNS name", "%q is a URL. Write the name alone, %q; a port stands in an attribute of its own.", s, host)
	}
	for _, l := range strings.Split(s, ".") {
		if len(l) > 63 || !dnsLabel.MatchString(l) {
			return "", bad("Invalid DNS name", "%q is not a DNS name: each part takes lower-case letters, digits and hyphens inside, for example \"shop.example.com\".", s)
		}
	}
	// A name whose last part is a number is an IPv4 address to resolvers (WHATWG URL, 3.5).
	if last := s[strings.LastIndex(s, ".")+1:]; strings.Trim(last, "0123456789") == "" {
		return "", bad("Invalid DNS name", "%q ends in a number; it is neither an IP address nor a DNS name.", s)
	}
	return s, nil
}

func parseURL(s, what string, schemes ...string) (*url.URL, *problem) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !urlCharset.MatchString(s) {
		return nil, bad("Invalid URL", "%q is not a URL such as %q.", s, what)
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			if u.User != nil {
				return nil, bad("Password in URL", "%q carries a user or password. No secret belongs in a specification: leave it out.", s)
			}
			if _, p := parseDNSName(u.Hostname()); p != nil && !isAddress(u.Hostname()) {
				return nil, p
			}
			if port := u.Port(); port != "" {
				if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
					return nil, bad("Invalid port", "%q has the port %q. Ports are numbers from 1 to 65535.", s, port)
				}
			}
			if u.Fragment != "" {
				return nil, bad("Invalid URL", "%q has a fragment after #, which servers never see. Leave it out.", s)
			}
			return u, nil
		}
	}
	if u.Scheme == "http" && schemes[0] == "https" {
		return nil, bad("Unencrypted URL", "%q is not encrypted on its way. Use https.", s)
	}
	return nil, bad("Invalid URL", "%q does not start with %s://. Write for example %q.", s, strings.Join(schemes, ":// or "), what)
}

func parseHTTPS(s string) (string, *problem) {
	_, p := parseURL(s, "https://login.example.com", "https")
	return s, p
}

// noAuditSink is what stands in a specification for keeping audit records on the control plane alone.
const noAuditSink = "none"

func parseAuditSink(s string) (string, *problem) {
	if s == noAuditSink {
		return s, nil
	}
	return parseHTTPS(s)
}

func parseBackupTarget(s string) (string, *problem) {
	_, p := parseURL(s, "s3://backups-example/etcd", "s3", "gs", "https")
	return s, p
}

func parseSocketURL(s string) (string, *problem) {
	path, ok := strings.CutPrefix(s, "unix://")
	if !ok {
		return "", bad("Invalid socket", "%q does not start with unix://. Write for example \"unix:///run/kms/socket.sock\".", s)
	}
	if _, p := parsePath(path); p != nil {
		return "", p
	}
	return s, nil
}

// parseHost takes a DNS name or an IP address.
func parseHost(s string) (string, *problem) {
	if _, p := parseAddress(s); p == nil {
		return s, nil
	}
	return parseDNSName(s)
}

// parseIssuer checks the URL of an OpenID provider (OpenID Connect Discovery 1.0, section 2: no query, no fragment).
func parseIssuer(s string) (string, *problem) {
	u, p := parseURL(s, "https://login.example.com", "https")
	if p == nil && u.RawQuery != "" {
		p = bad("Invalid issuer", "%q has a query. The issuer is the URL as it stands in the tokens.", s)
	}
	return s, p
}

var (
	urlPath    = regexp.MustCompile(`^/[A-Za-z0-9._~/%-]*$`)
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

func parseURLPath(s string) (string, *problem) {
	if !urlPath.MatchString(s) || len(s) > 1024 {
		return "", bad("Invalid path", "%q is not the path of a URL, such as \"/healthz\".", s)
	}
	return s, nil
}

func parseHeaderName(s string) (string, *problem) {
	if !headerName.MatchString(s) {
		return "", bad("Invalid header", "%q is not the name of an HTTP header.", s)
	}
	return s, nil
}
