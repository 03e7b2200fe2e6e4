"""Speed against floors measured in the same run (`make bench`); what is aimed at is in docs/benchmarks.md."""
