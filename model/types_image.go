package model

import (
	"regexp"
	"strings"
)

var imageType = textType("image", parseImage).like("registry.example.com/shop/cart:v1.4.2")

// The grammar of image references (github.com/distribution/reference).
var (
	imagePath   = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)
	imageTag    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	imageDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// parseImage takes an image reference apart. Like the container runtimes, it reads the first part as a host only if it
// has a dot or a colon or is "localhost"; other images are Docker Hub's.
func parseImage(s string) (Image, *problem) {
	invalid := func(why string) (Image, *problem) {
		return Image{}, bad("Invalid image", "%q is not an image: %s. Write for example \"registry.example.com/shop/cart:v1.4.2\".", s, why)
	}
	img := Image{Written: s, Host: "docker.io"}
	rest := s
	if before, digest, ok := strings.Cut(rest, "@"); ok {
		if !imageDigest.MatchString(digest) {
			return invalid("after @ stands \"sha256:\" and 64 hexadecimal digits")
		}
		rest, img.Digest = before, digest
	}
	first, path, slash := strings.Cut(rest, "/")
	if slash && (strings.ContainsAny(first, ".:") || first == "localhost") {
		img.Host, rest = first, path
		if _, p := parseRegistryHost(first); p != nil {
			return invalid("its host is not a DNS name with an optional port")
		}
	}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		rest, img.Tag = rest[:i], rest[i+1:]
		if !imageTag.MatchString(img.Tag) {
			return invalid("its tag takes letters, digits and _ . -")
		}
	}
	if img.Host == "index.docker.io" {
		img.Host = "docker.io"
	}
	if img.Host == "docker.io" && !strings.Contains(rest, "/") {
		rest = "library/" + rest
	}
	if img.Path = rest; len(rest) > 255 || !imagePath.MatchString(rest) {
		return invalid("its path takes lower-case letters, digits and single . _ - /")
	}
	if img.Tag == "" && img.Digest == "" {
		return Image{}, bad("Missing tag", "%q names neither a tag nor a digest, so nobody can say what runs. Write for example \"%s:v1.0.0\".", s, s)
	}
	return img, nil
}

func parseRegistryHost(s string) (string, *problem) {
	if s == "localhost" || isAddress(s) {
		return s, nil
	}
	if strings.Contains(s, ":") {
		_, p := parseHostPort(s)
		return s, p
	}
	return parseDNSName(s)
}

func parseImagePath(s string) (string, *problem) {
	if !imagePath.MatchString(s) {
		return "", bad("Invalid path", "%q is not the beginning of an image's path, such as \"shop\" or \"platform/base\".", s)
	}
	return s, nil
}
