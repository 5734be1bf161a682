#!/usr/bin/perl
# Makes the small files that the tests of this room read; needs Debian's libmaxmind-db-writer-perl. Run it in this folder.
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

sub make {
  my ($file, $type, $version, %rows) = @_;
  my %types = (country => 'map', city => 'map', names => 'map', autonomous_system_number => 'uint32');
  my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => $version, record_size => 24, database_type => $type, languages => ['en'], description => {en => 'a test'},
    alias_ipv6_to_ipv4 => 0, remove_reserved_networks => 0, map_key_type_callback => sub { $types{$_[0]} // 'utf8_string' });
  $tree->insert_network($_, $rows{$_}) for sort keys %rows;
  open my $handle, '>:raw', $file or die $!;
  $tree->write_tree($handle);
  close $handle or die $!;
}

make('flat.mmdb', 'flat-country', 6, '::1.1.1.0/120' => {country_code => 'AU'}, '::10.0.0.0/104' => {country_code => 'XX'}, '2001:200::/32' => {country_code => 'JP'},
  '::81.2.69.0/120' => {country_code => 'ZZ'}, '::203.0.113.0/120' => {country_code => 'AU'});
make('city.mmdb', 'GeoLite2-City', 4, '81.2.69.0/24' => {country => {iso_code => 'GB', names => {en => 'United Kingdom'}}, city => {names => {en => 'London', de => 'London'}}});
make('asn.mmdb', 'GeoLite2-ASN', 6, '::1.1.1.0/120' => {autonomous_system_number => 13335, autonomous_system_organization => 'Cloudflare, Inc.'},
  '2001:200::/32' => {asn => 'AS2500', as_name => 'WIDE Project'});
