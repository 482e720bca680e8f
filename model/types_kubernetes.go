package model

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Types of Kubernetes.
var (
	versionType    = textType("Kubernetes version", parseVersion).like("1.36")
	labelType      = textType("DNS label", parseDNSLabel).like("cart")
	portNameType   = textType("port name", parsePortName).like("http")
	quantityType   = &Type{Name: "Kubernetes quantity", shape: scalar, convert: true, parse: func(s string) (any, *problem) { return parseQuantity(s) }}
	labelKeyType   = textType("label key", parseLabelKey).like("app.kubernetes.io/name")
	labelValType   = textType("label value", parseLabelValue).like("cart")
	envNameType    = textType("environment variable", parseEnvName).like("LOG_LEVEL")
	argType        = &Type{Name: "text", shape: scalar, convert: true, parse: parseArg}
	pathType       = textType("absolute path", parsePath).like("/var/cache")
	fileNameType   = textType("file name", parseFileName).like("app.conf")
	contentType    = &Type{Name: "text", shape: scalar, parse: parseContent}
	lineType       = textType("text", parseLine)
	dateType       = textType("date", parseDate).like("2027-03-31")
	cronType       = textType("cron schedule", parseCron).like("0 3 * * *")
	groupType      = textType("group name", parseGroup).like("sre")
	claimType      = textType("claim name", parseClaim).like("groups")
	prefixType     = textType("prefix", parsePrefix).like("oidc:")
	apiGroupType   = textType(`API group, "" for core`, parseAPIGroup).like("apps")
	resourceType   = textType("resource", parseResource).like("pods")
	objectNameType = textType("object name", parseObjectName).like("cart")
	releaseType    = textType("version", parseRelease).like("1.19.0")
	storePathType  = textType("path in the store", parseStorePath).like("shop/cart/redis")
)

// windowsDevice matches labels that Windows gives to devices; Bartizan names directories after labels.
var windowsDevice = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])$`)

func parseDNSLabel(s string) (string, *problem) {
	if len(s) > 63 || !dnsLabel.MatchString(s) {
		return "", bad("Invalid name", "%q is not a DNS label: at most 63 lower-case letters, digits and hyphens inside.", s)
	}
	if windowsDevice.MatchString(s) {
		return "", bad("Reserved name", "%q is a device on Windows: a repository with a directory of this name cannot be checked out there. Choose another name.", s)
	}
	return s, nil
}

// parsePortName checks an IANA service name (RFC 6335, 5.1), as Kubernetes demands it.
func parsePortName(s string) (string, *problem) {
	if len(s) > 15 || !dnsLabel.MatchString(s) || strings.Contains(s, "--") || strings.Trim(s, "0123456789-") == "" {
		return "", bad("Invalid port name", "%q is not a port name: at most 15 lower-case letters, digits and single hyphens inside, with a letter.", s)
	}
	return s, nil
}

var quantityPattern = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$`)

var suffixes = map[string]float64{
	"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
	"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
}

func parseQuantity(s string) (string, *problem) {
	if len(s) > 20 || quantityValue(s) <= 0 {
		return "", bad("Invalid quantity", "%q is not a quantity above zero. Write for example \"500m\" for half a CPU or \"128Mi\" for memory.", s)
	}
	return s, nil
}

// quantityValue returns the number that a quantity means; 0 if it is none.
func quantityValue(s string) float64 {
	m := quantityPattern.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0
	}
	return n * suffixes[m[2]]
}

var (
	labelName  = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)
	envName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	safePath   = regexp.MustCompile(`^/[A-Za-z0-9._@+/-]*$`)
	fileName   = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	claimName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$`)
	prefix     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*[:/#-]$`)
	resource   = regexp.MustCompile(`^[a-z]+(/[a-z]+)?$`)
	objectName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:/*_-]*$`)
	release    = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+){1,2}(-[0-9A-Za-z.-]+)?$`)
	storePath  = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*(#[A-Za-z0-9_-][A-Za-z0-9._-]*)?$`)
)

func parseLabelKey(s string) (string, *problem) {
	prefix, name, ok := strings.Cut(s, "/")
	if !ok {
		prefix, name = "", s
	}
	if ok {
		if _, p := parseDNSName(prefix); p != nil {
			return "", bad("Invalid label", "The part of %q before the slash is not a DNS name.", s)
		}
	}
	if len(name) > 63 || !labelName.MatchString(name) {
		return "", bad("Invalid label", "%q is not a label key: at most 63 letters, digits, - _ and . inside, after an optional DNS name and a slash.", s)
	}
	return s, nil
}

func parseLabelValue(s string) (string, *problem) {
	if s != "" && (len(s) > 63 || !labelName.MatchString(s)) {
		return "", bad("Invalid label", "%q is not a label value: at most 63 letters, digits, - _ and . inside.", s)
	}
	return s, nil
}

func parseEnvName(s string) (string, *problem) {
	if len(s) > 255 || !envName.MatchString(s) {
		return "", bad("Invalid variable name", "%q is not the name of an environment variable: letters, digits and _, not starting with a digit.", s)
	}
	return s, nil
}

func parseArg(s string) (any, *problem) {
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		return "", bad("Invalid text", "%q holds a zero byte or is not UTF-8.", s)
	}
	// YAML 1.1 ends a line there and YAML 1.2 does not: what is read would not be what was written.
	if i := strings.IndexAny(s, "\u0085\u2028\u2029"); i >= 0 {
		return "", bad("Invalid text", "%q holds at byte %d one of the line ends U+0085, U+2028 and U+2029, which parsers of YAML read differently. Leave it out.", s, i)
	}
	return s, nil
}

func parseContent(s string) (any, *problem) {
	if len(s) > 512<<10 {
		return "", bad("File too large", "The content has %d bytes. At most 512 KiB fit.", len(s))
	}
	return parseArg(s)
}

func parseLine(s string) (string, *problem) {
	if strings.TrimSpace(s) == "" || len(s) > 1000 {
		return "", bad("Invalid text", "%q is not one line of text of 1 to 1000 bytes.", s)
	}
	if i := strings.IndexFunc(s, invisible); i >= 0 {
		return "", bad("Invalid text", "%q holds a character at byte %d that ends a line or cannot be seen. Write one line of plain text.", s, i)
	}
	return s, nil
}

func parsePath(s string) (string, *problem) {
	if !strings.HasPrefix(s, "/") {
		return "", bad("Relative path", "%q does not start with a slash.", s)
	}
	if !safePath.MatchString(s) || len(s) > 1024 {
		return "", bad("Invalid path", "%q has characters other than letters, digits and . _ @ + - /.", s)
	}
	if c := path.Clean(s); c != s {
		return "", bad("Unclean path", "%q is the long form of a path. Write %q.", s, c)
	}
	return s, nil
}

func parseFileName(s string) (string, *problem) {
	if len(s) > 253 || !fileName.MatchString(s) || s == "." || strings.HasPrefix(s, "..") {
		return "", bad("Invalid file name", "%q is not a file name of letters, digits and . _ -.", s)
	}
	return s, nil
}

func parseDate(s string) (time.Time, *problem) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, bad("Invalid date", "%q is not a date. Write year, month and day, for example \"2027-03-31\".", s)
	}
	return t, nil
}

func parseGroup(s string) (string, *problem) {
	if strings.HasPrefix(s, "system:") {
		return "", bad("Reserved group", "%q: groups that start with system: belong to Kubernetes.", s)
	}
	return parseLine(s)
}

func parseClaim(s string) (string, *problem) {
	if !claimName.MatchString(s) || len(s) > 200 {
		return "", bad("Invalid claim", "%q is not the name of a claim.", s)
	}
	return s, nil
}

// parsePrefix demands a separator at the end, so that no name of the provider can run into a reserved one.
func parsePrefix(s string) (string, *problem) {
	if !prefix.MatchString(s) || strings.HasPrefix(s, "system:") {
		return "", bad("Invalid prefix", "%q does not keep the provider's names apart from Kubernetes' own. Write for example \"oidc:\".", s)
	}
	return s, nil
}

func parseAPIGroup(s string) (string, *problem) {
	if s == "" || s == "*" {
		return s, nil
	}
	return parseDNSName(s)
}

func parseResource(s string) (string, *problem) {
	if s != "*" && !resource.MatchString(s) {
		return "", bad("Invalid resource", "%q is not a resource in the plural, such as \"pods\" or \"pods/log\".", s)
	}
	return s, nil
}

// parseObjectName checks the name of an object as RBAC rules name it: besides DNS names there are roles such as
// "system:auth-delegator", and signers such as "kubernetes.io/kubelet-serving" and "example.com/*".
func parseObjectName(s string) (string, *problem) {
	if len(s) > 253 || !objectName.MatchString(s) {
		return "", bad("Invalid object name", "%q is not the name of an object: letters, digits and .:/*_- with a letter or digit first, at most 253 of them.", s)
	}
	return s, nil
}

func parseRelease(s string) (string, *problem) {
	if !release.MatchString(s) {
		return "", bad("Invalid version", "%q is not a release such as \"1.19.0\".", s)
	}
	return s, nil
}

func parseStorePath(s string) (string, *problem) {
	entry, _, _ := strings.Cut(s, "#")
	if !storePath.MatchString(s) || strings.Contains("/"+entry+"/", "/../") || strings.Contains("/"+entry+"/", "/./") {
		return "", bad("Invalid path", "%q is not a path in a store, such as \"shop/cart/redis\", or \"shop/cart/redis#password\" for one property.", s)
	}
	return s, nil
}

// The bounds of the five fields of a cron schedule.
var cronFields = []struct {
	name     string
	min, max int
}{{"minute", 0, 59}, {"hour", 0, 23}, {"day of the month", 1, 31}, {"month", 1, 12}, {"day of the week", 0, 6}}

func parseCron(s string) (string, *problem) {
	switch s {
	case "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly":
		return s, nil
	}
	fields := strings.Fields(s)
	if len(fields) != 5 || strings.Join(fields, " ") != s {
		return "", bad("Invalid schedule", "%q is not a cron schedule of five fields. Write for example \"0 3 * * *\" for three o'clock every night.", s)
	}
	for i, f := range fields {
		for _, part := range strings.Split(f, ",") {
			if !cronPart(part, cronFields[i].min, cronFields[i].max) {
				return "", bad("Invalid schedule", "The %s %q of %q is not between %d and %d.", cronFields[i].name, part, s, cronFields[i].min, cronFields[i].max)
			}
		}
	}
	return s, nil
}

func cronPart(s string, low, high int) bool {
	in := func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= low && n <= high && !strings.ContainsAny(s, "+-")
	}
	span, step, stepped := strings.Cut(s, "/")
	if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1) {
		return false
	}
	if span == "*" {
		return true
	}
	from, to, ranged := strings.Cut(span, "-")
	a, ok := in(from)
	if !ok || !ranged {
		return ok
	}
	b, ok := in(to)
	return ok && a <= b
}
