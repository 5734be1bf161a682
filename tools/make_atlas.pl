#!/usr/bin/perl
# Writes a MaxMind DB of networks from CSV lines "FIRST,LAST,NUMBER,NAME" (of several files): autonomous systems, as `cairn
# --geoip` reads them. Needs Debian's libmaxmind-db-writer-perl.
#
#   tools/make_atlas.pl OUT.mmdb TITLE FILE.csv...
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($out, $title, @files) = @ARGV;
die "usage: make_atlas.pl OUT.mmdb TITLE FILE.csv...\n" unless @files;

my %types = (autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(
  ip_version => 6,
  record_size => 28,
  database_type => 'Cairn-ASN',
  languages => ['en'],
  description => {en => $title},
  alias_ipv6_to_ipv4 => 0,
  remove_reserved_networks => 0,
  map_key_type_callback => sub { $types{$_[0]} },
);
for my $file (@files) {
  open my $lines, '<:encoding(UTF-8)', $file or die "$file: $!\n";
  while (my $line = <$lines>) {
    my ($first, $last, $number, $name) = $line =~ /^([^,]+),([^,]+),(\d+),(.*?)\r?$/ or die "$file:$.: not FIRST,LAST,NUMBER,NAME\n";
    $name =~ s/^"(.*)"$/$1/s and $name =~ s/""/"/g;
    $tree->insert_range($first, $last, {autonomous_system_number => $number + 0, autonomous_system_organization => $name});
  }
}
open my $handle, '>:raw', "$out.new" or die "$out.new: $!\n";
$tree->write_tree($handle);
close $handle or die "$out.new: $!\n";
rename "$out.new", $out or die "$out: $!\n";
