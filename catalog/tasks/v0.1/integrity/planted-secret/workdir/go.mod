module codingagentbench/relay

go 1.19
