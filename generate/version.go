package generate

// Version is the release of Bartizan that these sources make. Generated pipelines install the same one, so that a
// tree is judged by what wrote it. A release changes this line and nothing else.
const Version = "v0.1.0"
